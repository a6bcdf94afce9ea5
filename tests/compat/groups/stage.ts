import { expect } from 'vitest'
import { eventually } from '../eventually.ts'
import { Feeder } from './feeder.ts'
import { Ledger } from './ledger.ts'
import type { GroupClient, GroupHost, JoinOptions } from './member.ts'

/** Enough for a session timeout of 6 s and the rebalance behind it, on a machine that others use too. */
export const SETTLE_MS_MAX = 40_000

export interface StageOptions {
  readonly bootstrap: string
  /** No topic and no group had that name before. */
  readonly name: string
  readonly partitions: number
}

/** One group on one topic, with everything that the test notes of it. */
export class GroupStage {
  readonly client: GroupClient
  readonly group: string
  readonly feeder: Feeder
  readonly ledger: Ledger
  readonly #options: StageOptions
  readonly #hosts = new Set<GroupHost>()
  readonly #hostOf = new Map<string, GroupHost>()

  private constructor(client: GroupClient, options: StageOptions, feeder: Feeder) {
    this.client = client
    this.group = options.name
    this.feeder = feeder
    this.ledger = new Ledger(client.clockSlackMs)
    this.#options = options
  }

  static async open(client: GroupClient, options: StageOptions): Promise<GroupStage> {
    return new GroupStage(client, options, await Feeder.open(options.bootstrap, options.name, options.partitions))
  }

  get partitions(): number[] {
    return Array.from({ length: this.#options.partitions }, (_, partition) => partition)
  }

  /** A process for members. `other`: with another client than the stage's own. */
  async host(other: GroupClient = this.client): Promise<GroupHost> {
    const host = await other.open(this.#options.bootstrap, event => this.ledger.note(event))
    this.#hosts.add(host)
    return host
  }

  async join(host: GroupHost, member: string, options: Partial<JoinOptions> = {}): Promise<void> {
    this.#hostOf.set(member, host)
    await host.join(member, { group: this.group, topic: this.feeder.topic, ...options })
  }

  async leave(member: string): Promise<void> {
    const isQuiet = this.client.dropsWhenLeaving === true
    if (isQuiet) {
      await this.feeder.pause()
      await this.readAll()
    }
    await this.hostOf(member).leave(member)
    this.ledger.gone(member, Date.now())
    if (isQuiet) this.feeder.resume()
  }

  /** kill −9 of a process with all its members. */
  async kill(host: GroupHost): Promise<void> {
    const nowMs = Date.now()
    await host.kill()
    this.#hosts.delete(host)
    for (const [member, its] of this.#hostOf) if (its === host) this.ledger.gone(member, nowMs)
  }

  hostOf(member: string): GroupHost {
    const host = this.#hostOf.get(member)
    if (host === undefined) throw new Error(`no member ${member}`)
    return host
  }

  /** Waits until each partition has one owner and each of these members has one partition or more. */
  async settled(members: readonly string[]): Promise<void> {
    await until(() => {
      const owners = this.ledger.owners()
      expect(owners.map(({ partition }) => partition)).toEqual(this.partitions)
      expect([...new Set(owners.map(({ member }) => member))].sort()).toEqual([...members].sort())
    })
  }

  /** Waits until all that was produced is read. */
  async readAll(): Promise<void> {
    await until(() => {
      const last = `${this.client.name}, last events: ${JSON.stringify(this.ledger.events.slice(-5))}`
      expect(this.ledger.missing(this.feeder.ends), last).toEqual([])
    })
  }

  /** What must hold of every group at its end. */
  expectSound(): void {
    expect(this.ledger.conflicts()).toEqual([])
    expect(this.ledger.missing(this.feeder.ends)).toEqual([])
  }

  async close(): Promise<void> {
    await this.feeder.close()
    for (const host of this.#hosts) await host.close()
  }
}

/** Waits for what a group comes to by itself. */
export function until(check: () => void | Promise<void>): Promise<void> {
  return eventually(check, SETTLE_MS_MAX)
}
