import { LineProcess } from './line-process.ts'
import type { Committed, GroupHost, JoinOptions, MemberEvent } from './member.ts'

/** A host in a process of its own. */
export class WorkerHost implements GroupHost {
  readonly #process: LineProcess

  private constructor(process: LineProcess) {
    this.#process = process
  }

  /** Null when the process does not come up: its library is missing. */
  static async open(command: readonly string[], watch: (event: MemberEvent) => void): Promise<WorkerHost | null> {
    const process = await LineProcess.open(command, event => watch(event as MemberEvent))
    return process === null ? null : new WorkerHost(process)
  }

  get version(): string {
    return this.#process.version
  }

  async join(member: string, options: JoinOptions): Promise<void> {
    await this.#process.ask('join', { member, ...options })
  }

  async leave(member: string): Promise<void> {
    await this.#process.ask('leave', { member })
  }

  async commit(member: string, offsets: readonly Committed[], how: 'sync' | 'async'): Promise<void> {
    await this.#process.ask('commit', { member, offsets, how })
  }

  async committed(member: string, partitions: readonly number[]): Promise<readonly Committed[]> {
    return (await this.#process.ask('committed', { member, partitions })) as Committed[]
  }

  async seek(member: string, partition: number, offset: number): Promise<void> {
    await this.#process.ask('seek', { member, partition, offset })
  }

  async kill(): Promise<void> {
    await this.#process.kill()
  }

  async close(): Promise<void> {
    await this.#process.close()
  }
}
