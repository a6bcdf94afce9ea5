import { SeededPrng } from '@streambus/testkit'
import { brokenRecords } from './broken-batches.ts'
import { ControlClient, type State } from './control.ts'
import { type FuzzFrame, isHonestTrouble, nextFrame, SHAPES, truncated, wellFormed } from './frames.ts'
import { Lane, type Outcome } from './lane.ts'
import { ProbedBroker } from './system.ts'
import type { Vocabulary } from './values.ts'

const LANES = 8
/** An answer or a close must come within this. */
const ANSWER_MS_MAX = 1000
const PING_EVERY_MS = 100
/** Frames before the first look at the heap: code is compiled and caches are filled by then. */
const WARM_UP_FRAMES = 1500

export interface FuzzOptions {
  readonly seed: number
  readonly frames: number
  /** Also cuts one request of each API and version at every byte. */
  readonly everyByte: boolean
  /** Called about once a second. */
  readonly onProgress?: (sent: number) => void
}

export interface FuzzReport {
  readonly seed: number
  readonly sent: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** The first few frames that hung or found no broker, with their bytes in hex. */
  readonly faults: readonly string[]
  readonly heapGrowthBytes: number
  /** Longest wait of the well-behaved client. */
  readonly controlMsMax: number
  readonly before: State
  readonly after: State
  readonly isAlive: boolean
  /** What the broker itself reported as a bug of its own. */
  readonly bugs: readonly string[]
}

const FAULTS_SHOWN = 10

/** One run against a fresh broker. The same seed sends the same frames; lanes only change their order. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  // Without auto-creation, so that a topic in the list afterwards is a fault.
  const system = await ProbedBroker.start({ config: { 'auto.create.topics.enable': 'false' } })
  const control = new ControlClient(system.address)
  try {
    await control.prepare()
    const before = await control.state()
    const tally = new Tally()
    const source = framesOf(options, vocabularyOf(control))
    await drive(system, take(source, WARM_UP_FRAMES), tally)
    const warmBytes = await system.liveBytes()
    const watch = watchControl(control)
    const progress = setInterval(() => options.onProgress?.(tally.sent), 1000)
    await drive(system, source, tally)
    clearInterval(progress)
    const controlMsMax = await watch.stop()
    const isAlive = system.broker.isRunning
    return {
      seed: options.seed,
      sent: tally.sent,
      outcomes: tally.outcomes,
      faults: tally.faults,
      heapGrowthBytes: (await system.liveBytes()) - warmBytes,
      controlMsMax,
      before,
      after: await control.state(),
      isAlive,
      bugs: system.bugs
    }
  } catch (error) {
    const said = system.broker.output.slice(-3000)
    throw new Error(`seed ${options.seed}: ${(error as Error).message}; the broker printed:\n${said}`, { cause: error })
  } finally {
    control.close()
    await system.broker.stop()
  }
}

function vocabularyOf(control: ControlClient): Vocabulary {
  const illegalTopic = '//fuzz//'.repeat(3)
  return { topic: control.topic, topicId: control.topicId, illegalTopic, records: brokenRecords }
}

class Tally {
  sent = 0
  readonly outcomes: Record<Outcome, number> = { answered: 0, closed: 0, hung: 0, refused: 0 }
  readonly faults: string[] = []

  add(frame: FuzzFrame, outcome: Outcome): void {
    this.sent++
    this.outcomes[outcome]++
    if ((outcome !== 'hung' && outcome !== 'refused') || this.faults.length >= FAULTS_SHOWN) return
    this.faults.push(`${outcome}: ${frame.label}: ${frame.bytes.subarray(0, 2000).toString('hex')}`)
  }
}

function* framesOf({ seed, frames, everyByte }: FuzzOptions, vocabulary: Vocabulary): Generator<FuzzFrame> {
  const prng = new SeededPrng(seed)
  for (let index = 0; index < frames; index++) {
    const frame = nextFrame(index, prng, vocabulary)
    if (!isHonestTrouble(frame)) yield frame
  }
  if (!everyByte) return
  for (const shape of SHAPES) {
    const whole = wellFormed(shape, prng, vocabulary)
    for (let at = 1; at < whole.length - 4; at++) {
      const label = `${shape.api.name} v${shape.version}, cut at ${at}`
      const frame = { bytes: truncated(whole, at), label, isOpenEnded: false }
      if (!isHonestTrouble(frame)) yield frame
    }
  }
}

function* take<T>(source: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const next = source.next()
    if (next.done === true) return
    yield next.value
  }
}

/** Every lane takes the next frame when it is done with its last. */
async function drive(system: ProbedBroker, source: Iterator<FuzzFrame>, tally: Tally): Promise<void> {
  const run = async (): Promise<void> => {
    const lane = new Lane(system.address, ANSWER_MS_MAX)
    for (let next = source.next(); next.done !== true; next = source.next()) {
      if (!system.broker.isRunning) throw new Error(`the broker died at or shortly before: ${next.value.label}`)
      tally.add(next.value, await lane.send(next.value.bytes, next.value.isOpenEnded))
    }
    lane.close()
  }
  await Promise.all(Array.from({ length: LANES }, run))
}

function watchControl(control: ControlClient): { stop(): Promise<number> } {
  let longestMs = 0
  const stopped = new AbortController()
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      longestMs = Math.max(longestMs, await control.ping())
      await new Promise(resolve => setTimeout(resolve, PING_EVERY_MS))
    }
  })()
  // Looked at in `stop`; until then a failure must not end the process.
  watching.catch(() => undefined)
  return {
    async stop() {
      stopped.abort()
      await watching
      return longestMs
    }
  }
}

const HEAP_GROWTH_BYTES_MAX = 16 << 20

/** What a report shows that must not be; empty when all is well. */
export function verdicts(report: FuzzReport): string[] {
  const found = [...report.faults, ...report.bugs]
  if (!report.isAlive) found.push('the broker ended')
  if (report.outcomes.answered === 0 || report.outcomes.closed === 0)
    found.push('the run proves nothing: one-sided outcomes')
  if (report.heapGrowthBytes > HEAP_GROWTH_BYTES_MAX) found.push(`the heap grew by ${report.heapGrowthBytes} bytes`)
  if (JSON.stringify(report.before) !== JSON.stringify(report.after)) {
    const { topics, endOffsets } = report.after
    found.push(`state changed: topics ${topics.join(' ').slice(0, 300)}, end offsets ${endOffsets.join(' ')}`)
  }
  return found.map(text => `seed ${report.seed}: ${text}`)
}
