/** What a client can do beyond joining, reading, committing by itself and leaving. */
export type Ability =
  /** `group.instance.id`. */
  | 'static'
  /** A static member that is told to leave does so without saying it, and takes its place again. */
  | 'staticLeave'
  /** Keeps what it owns while a rebalance goes on. */
  | 'cooperative'
  /** Commits offsets that it is told. */
  | 'commit'
  /** Commits without waiting for the answer. */
  | 'commitAsync'
  /** Commits a text with each offset. */
  | 'metadata'
  /** Asks for committed offsets. */
  | 'committed'
  | 'seek'

export interface JoinOptions {
  readonly group: string
  readonly topic: string
  readonly instanceId?: string
  /** Default: range, or what the protocol's coordinator does. */
  readonly cooperative?: boolean
  /** Every 200 ms and when it leaves. Default true. */
  readonly autoCommit?: boolean
  /** Classic groups only. Default 6 s, the least that Kafka allows. */
  readonly sessionTimeoutMs?: number
  /** For clients that speak both; default: the client's own. */
  readonly protocol?: GroupProtocol
}

export type GroupProtocol = 'classic' | 'consumer'

export interface Committed {
  readonly partition: number
  readonly offset: number
  /** Null: the client does not say. */
  readonly metadata: string | null
}

/**
 * What happened to a member, in its order. `partitions` are those gained or lost, not all that it has.
 * `atMs` is wall-clock time taken in the member's own process: before it rejoins for `revoked`, after it knows for
 * `assigned`, so that two owners of one partition overlap only if the coordinator let them.
 */
export type MemberEvent =
  | {
      readonly event: 'assigned' | 'revoked'
      readonly member: string
      readonly atMs: number
      readonly partitions: readonly number[]
      /** Null: the client does not say. */
      readonly generation: number | null
    }
  | {
      readonly event: 'records'
      readonly member: string
      readonly atMs: number
      readonly partition: number
      readonly offsets: readonly number[]
    }
  | { readonly event: 'failed'; readonly member: string; readonly atMs: number; readonly message: string }

/** A process with members of groups in it. Several may run, and one that is killed takes its members with it. */
export interface GroupHost {
  /** Returns once the client was told to; its assignment comes as an event. */
  join(member: string, options: JoinOptions): Promise<void>
  leave(member: string): Promise<void>
  commit(member: string, offsets: readonly Committed[], how: 'sync' | 'async'): Promise<void>
  committed(member: string, partitions: readonly number[]): Promise<readonly Committed[]>
  seek(member: string, partition: number, offset: number): Promise<void>
  /** kill −9. */
  kill(): Promise<void>
  close(): Promise<void>
}

export interface GroupClient {
  readonly name: string
  readonly protocol: GroupProtocol
  readonly abilities: readonly Ability[]
  /** By how much the times of its events may be late: they are taken outside its process. */
  readonly clockSlackMs: number
  /** True for a client that commits, and throws away, the record that it gets while it is told to leave. */
  readonly dropsWhenLeaving?: boolean
  open(bootstrap: string, watch: (event: MemberEvent) => void): Promise<GroupHost>
}

/** A client, or the reason why there is none on this machine. */
export type FindGroupClient = () => Promise<GroupClient | string>
