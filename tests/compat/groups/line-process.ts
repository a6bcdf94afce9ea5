import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'

interface Reply {
  readonly id: number
  readonly error?: string
  readonly answer?: unknown
}

const REPLY_MS_MAX = 60_000
const STDERR_CHARACTERS_MAX = 20_000

/**
 * A process that speaks lines of JSON (workers/): its first line says its version, a line in is a question with an
 * `id`, a line out is the answer to it or, with a field `event`, something that happened.
 */
export class LineProcess {
  readonly version: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #stderr = ''
  #lastId = 0

  private constructor(child: ChildProcessWithoutNullStreams, version: string) {
    this.#child = child
    this.version = version
  }

  /** Null when the process does not come up: its library is missing. */
  static async open(
    command: readonly string[],
    watch: (event: object) => void = () => undefined
  ): Promise<LineProcess | null> {
    const [program = '', ...args] = command
    const child = spawn(program, args, { stdio: 'pipe' })
    child.on('error', () => undefined)
    child.stdin.on('error', () => undefined)
    const lines = readline.createInterface({ input: child.stdout })
    const [hello] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?]
    if (hello === undefined) return null
    const opened = new LineProcess(child, (JSON.parse(hello) as { version: string }).version)
    lines.on('line', line => opened.#receive(line, watch))
    child.stderr.on('data', (chunk: Buffer) => {
      opened.#stderr = (opened.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
    })
    child.once('exit', () => opened.#fail())
    return opened
  }

  async ask(operation: string, request: object): Promise<unknown> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#waiting.set(id, resolve)
    const timer = setTimeout(() => resolve({ id, error: `no reply in ${REPLY_MS_MAX} ms` }), REPLY_MS_MAX)
    this.#child.stdin.write(`${JSON.stringify({ id, operation, ...request })}\n`)
    const reply = await promise
    clearTimeout(timer)
    this.#waiting.delete(id)
    if (reply.error !== undefined)
      throw new Error(`${this.version}, ${operation} ${JSON.stringify(request)}: ${reply.error}\n${this.#stderr}`)
    return reply.answer
  }

  async kill(): Promise<void> {
    await this.#end(() => this.#child.kill('SIGKILL'))
  }

  async close(): Promise<void> {
    await this.#end(() => {
      this.#child.stdin.end()
      setTimeout(() => this.#child.kill('SIGKILL'), 10_000).unref()
    })
  }

  async #end(how: () => void): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    how()
    await exited
  }

  #receive(line: string, watch: (event: object) => void): void {
    // A library's own complaint. Throwing here would lose the lines that came with it.
    if (!line.startsWith('{')) return console.log(`${this.version}: ${line}`)
    const message = JSON.parse(line) as Reply | { readonly event: string }
    if ('event' in message) watch(message)
    else this.#waiting.get(message.id)?.(message)
  }

  #fail(): void {
    for (const [id, resolve] of this.#waiting) resolve({ id, error: 'the process ended' })
  }
}
