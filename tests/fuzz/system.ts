import { SpawnedBroker, type SpawnOptions } from '@streambus/testkit'

const PROBE = new URL('./heap-probe.mjs', import.meta.url).href
const ANSWER_MS_MAX = 5000

const BUGS_KEPT = 20
const BUG_CHARACTERS_MAX = 1000

/** Reads what the broker prints, line by line. */
class Output {
  reports = 0
  liveBytes = 0
  readonly bugs: string[] = []
  readonly #kinds = new Set<string>()
  #rest = ''

  push(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    const report = /^heap-probe (\d+) (\d+)/.exec(line)
    if (report !== null) {
      this.liveBytes = Number(report[1]) + Number(report[2])
      this.reports++
    }
    if (/"event":"(handler_failed|fatal)"/.test(line)) this.#bug(line)
  }

  /** One of each kind: the same mistake comes thousands of times in a run. */
  #bug(line: string): void {
    const [, api = '', message = line] = /"api":"([^"]*)".*?"message":"((?:[^"\\]|\\.)*)"/.exec(line) ?? []
    const kind = `${api}: ${message}`.replaceAll(/\d+/g, 'N')
    if (this.#kinds.has(kind) || this.bugs.length >= BUGS_KEPT) return
    this.#kinds.add(kind)
    this.bugs.push(line.slice(0, BUG_CHARACTERS_MAX))
  }
}

/** A broker in a process of its own whose live heap can be asked for. */
export class ProbedBroker {
  readonly broker: SpawnedBroker
  readonly #output: Output

  private constructor(broker: SpawnedBroker, output: Output) {
    this.broker = broker
    this.#output = output
  }

  static async start(options: SpawnOptions = {}): Promise<ProbedBroker> {
    const output = new Output()
    const nodeArguments = ['--expose-gc', '--import', PROBE, ...(options.nodeArguments ?? [])]
    const onOutput = (text: string): void => output.push(text)
    return new ProbedBroker(await SpawnedBroker.start({ ...options, nodeArguments, onOutput }), output)
  }

  /** Log lines that tell of a bug in the broker: nothing that a client sends may cause one. */
  get bugs(): readonly string[] {
    return this.#output.bugs
  }

  get address(): { readonly host: string; readonly port: number } {
    const [host = '', port = ''] = this.broker.bootstrap.split(':')
    return { host, port: Number(port) }
  }

  /** Bytes on the JavaScript heap and in buffers after a full collection. */
  async liveBytes(): Promise<number> {
    const before = this.#output.reports
    process.kill(this.broker.pid, 'SIGUSR2')
    const deadlineMs = performance.now() + ANSWER_MS_MAX
    while (performance.now() < deadlineMs) {
      if (this.#output.reports > before) return this.#output.liveBytes
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    throw new Error(`the broker did not report its heap within ${ANSWER_MS_MAX} ms`)
  }
}
