import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeBatch } from '../batches.ts'
import { CLIENT, newDisk, settle, TestClock } from '../helpers.ts'
import { CONFIG, compact, decode, endAt, type Model, open, type Real, same, startAt } from './record-model.ts'

/** More for a long run: `MODEL_RUNS=5000 npx vitest run packages/storage-log/test/model`. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 200)

abstract class Command implements fc.AsyncCommand<Model, Real> {
  check(_model: Readonly<Model>): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    same(model, real)
  }

  abstract act(model: Model, real: Real): Promise<void> | void
  abstract toString(): string
}

class Append extends Command {
  readonly #records: readonly { key: number; isTombstone: boolean; lateMs: number }[]

  constructor(records: Append['records']) {
    super()
    this.#records = records
  }

  get records(): readonly { key: number; isTombstone: boolean; lateMs: number }[] {
    return this.#records
  }

  act(model: Model, { log, clock }: Real): void {
    clock.nowMs += 1000
    const keys = this.#records.map(({ key }) => `key ${key}`)
    const timestamps = this.#records.map(({ lateMs }) => clock.nowMs - lateMs)
    const isTombstone = this.#records.map(each => each.isTombstone)
    const { bytes, summary } = makeBatch({ timestamps, keys, isTombstone, valueBytes: 40, tag: model.end % 10 })
    const { baseOffset } = log.append(bytes, 0, bytes.length, summary, CLIENT)
    expect(baseOffset).toBe(model.end)
    model.records.push(...decode(bytes))
    model.end += keys.length
  }

  toString(): string {
    return `append(${JSON.stringify(this.#records)})`
  }
}

class Read extends Command {
  readonly #share: number
  readonly #bytesMax: number

  constructor(share: number, bytesMax: number) {
    super()
    this.#share = share
    this.#bytesMax = bytesMax
  }

  act(model: Model, { log }: Real): void {
    const fromOffset = model.start + Math.floor((model.end - model.start) * this.#share)
    const untilOffset = model.end
    const read = log.read({ fromOffset, untilOffset, bytesMax: this.#bytesMax, minOneBatch: true })
    const found = read.buffer === null ? [] : decode(Buffer.from(read.buffer))
    read.release()
    // Whole batches: the first one may begin earlier, and what it holds below the log start is not the reader's.
    const wanted = model.records.filter(({ offset }) => offset >= fromOffset && offset < read.nextOffset)
    expect(found.filter(({ offset }) => offset >= fromOffset)).toEqual(wanted)
    // At a gap that reaches to the end a reader waits.
    const isMore = model.records.some(({ offset }) => offset >= fromOffset)
    if (isMore) expect(read.nextOffset).toBeGreaterThan(fromOffset)
  }

  toString(): string {
    return `read(${this.#share}, ${this.#bytesMax})`
  }
}

class Step extends Command {
  readonly #name: string
  readonly #act: (model: Model, real: Real) => Promise<void> | void

  constructor(name: string, act: (model: Model, real: Real) => Promise<void> | void) {
    super()
    this.#name = name
    this.#act = act
  }

  act(model: Model, real: Real): Promise<void> | void {
    return this.#act(model, real)
  }

  toString(): string {
    return this.#name
  }
}

async function sync(model: Model, { log }: Real): Promise<void> {
  log.requestSync()
  await settle()
  model.durable = model.end
}

function roll(_model: Model, { log, clock }: Real): void {
  clock.nowMs += CONFIG.segmentMs + 1
  log.maybeRoll(clock.nowMs)
}

/** Whole segments go, and only those whose records are all old enough and durable. */
function retain(model: Model, { log, clock }: Real): void {
  clock.nowMs += CONFIG.retentionMs / 2
  log.applyRetention(clock.nowMs, model.durable)
  const gone = model.records.filter(({ offset }) => offset < log.logStartOffset)
  for (const { timestamp } of gone) expect(clock.nowMs - timestamp).toBeGreaterThan(CONFIG.retentionMs)
  expect(log.logStartOffset).toBeLessThanOrEqual(Math.max(model.start, log.durableEndOffset))
  startAt(model, log.logStartOffset)
}

function deleteRecords(share: number): Step {
  return new Step(`deleteRecords(${share})`, (model, { log }) => {
    const offset = model.start + Math.floor((model.end - model.start) * share)
    log.deleteRecordsBefore(offset)
    startAt(model, offset)
  })
}

function truncate(back: number): Step {
  return new Step(`truncate(−${back})`, (model, real) => {
    const offset = Math.max(model.start, model.end - back)
    real.log.truncateTo(offset)
    const { logEndOffset } = real.log
    // The batch that holds the offset goes as a whole; a batch has at most three records.
    expect([offset - 2, offset - 1, offset]).toContain(Math.max(logEndOffset, offset - 2))
    endAt(model, logEndOffset)
    model.start = Math.min(model.start, logEndOffset)
    real.firstDirtyOffset = Math.min(real.firstDirtyOffset, logEndOffset)
    for (const tombstone of model.cleanedAtMs.keys()) if (tombstone >= logEndOffset) model.cleanedAtMs.delete(tombstone)
  })
}

function restart(name: 'clean' | 'kill' | 'power cut'): Step {
  return new Step(name, (model, real) => {
    const { recoveryPoint } = real.log
    if (name === 'clean') real.log.closeClean()
    else if (name === 'kill') real.disk.kill()
    else real.disk.crash({ choice: { kind: 'random', index: model.end } })
    const cleanStart = name === 'clean'
    real.log = open(real.disk, real.clock, {
      cleanStart,
      recoveryPoint: cleanStart ? real.log.recoveryPoint : recoveryPoint
    })
    expect(real.log.logEndOffset).toBeGreaterThanOrEqual(model.durable)
    endAt(model, Math.max(real.log.logEndOffset, model.start))
    model.durable = model.end
  })
}

const record = fc.record({ key: fc.nat(4), isTombstone: fc.boolean(), lateMs: fc.constantFrom(0, 0, 500, 5000) })

const commands = fc.commands(
  [
    fc.array(record, { minLength: 1, maxLength: 3 }).map(records => new Append(records)),
    fc.array(record, { minLength: 1, maxLength: 3 }).map(records => new Append(records)),
    fc.array(record, { minLength: 1, maxLength: 3 }).map(records => new Append(records)),
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(1, 100, 500, 5000)).map(at => new Read(...at)),
    fc.constant(new Step('sync', sync)),
    fc.constant(new Step('compact', compact)),
    fc.constant(new Step('compact', compact)),
    fc.constant(new Step('roll', roll)),
    fc.constant(new Step('retain', retain)),
    fc.constant(new Step('save caches', (_model, { log }) => log.saveCaches())),
    fc.double({ min: 0, max: 1, noNaN: true }).map(deleteRecords),
    fc.nat(12).map(truncate),
    fc.constantFrom('clean' as const, 'kill' as const, 'power cut' as const).map(restart)
  ],
  { maxCommands: 60, size: '+1' }
)

test('a log with compaction behaves like a list of records, whatever is done to it in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async list => {
      const setup = (): { model: Model; real: Real } => {
        const disk = newDisk()
        const clock = new TestClock()
        const log = open(disk, clock, { cleanStart: false, recoveryPoint: 0 })
        const model = { records: [], start: 0, end: 0, durable: 0, cleanedAtMs: new Map<number, number>() }
        return { model, real: { disk, clock, log, firstDirtyOffset: -1 } }
      }
      await fc.asyncModelRun(setup, list)
    }),
    { numRuns: RUNS }
  )
}, 600_000)
