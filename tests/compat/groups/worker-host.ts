import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import type { Committed, GroupHost, JoinOptions, MemberEvent } from './member.ts'

interface Reply {
  readonly id: number
  readonly error?: string
  readonly answer?: unknown
}

const REPLY_MS_MAX = 60_000
const STDERR_CHARACTERS_MAX = 20_000

/**
 * A host in a process of its own (workers/): a line of JSON in is a question with an `id`, a line of JSON out is its
 * reply or an event. Its first line says its version.
 */
export class WorkerHost implements GroupHost {
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
    watch: (event: MemberEvent) => void,
    environment: Readonly<Record<string, string>> = {}
  ): Promise<WorkerHost | null> {
    const [program = '', ...args] = command
    const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...environment } })
    child.on('error', () => undefined)
    child.stdin.on('error', () => undefined)
    const lines = readline.createInterface({ input: child.stdout })
    const [hello] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?]
    if (hello === undefined) return null
    const host = new WorkerHost(child, (JSON.parse(hello) as { version: string }).version)
    lines.on('line', line => host.#receive(line, watch))
    child.stderr.on('data', (chunk: Buffer) => {
      host.#stderr = (host.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS_MAX)
    })
    child.once('exit', () => host.#fail())
    return host
  }

  async join(member: string, options: JoinOptions): Promise<void> {
    await this.#ask('join', { member, ...options })
  }

  async leave(member: string): Promise<void> {
    await this.#ask('leave', { member })
  }

  async commit(member: string, offsets: readonly Committed[], how: 'sync' | 'async'): Promise<void> {
    await this.#ask('commit', { member, offsets, how })
  }

  async committed(member: string, partitions: readonly number[]): Promise<readonly Committed[]> {
    return (await this.#ask('committed', { member, partitions })) as Committed[]
  }

  async seek(member: string, partition: number, offset: number): Promise<void> {
    await this.#ask('seek', { member, partition, offset })
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

  async #ask(operation: string, request: object): Promise<unknown> {
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

  #receive(line: string, watch: (event: MemberEvent) => void): void {
    const message = JSON.parse(line) as Reply | MemberEvent
    if ('event' in message) watch(message)
    else this.#waiting.get(message.id)?.(message)
  }

  #fail(): void {
    for (const [id, resolve] of this.#waiting) resolve({ id, error: 'the process ended' })
  }
}
