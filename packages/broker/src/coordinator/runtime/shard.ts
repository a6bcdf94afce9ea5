import type { ErrorName } from '@streambus/protocol'

/** What a shard wants to happen; nothing of it has happened yet. */
export interface Decision<R, T> {
  /** Written as one batch: all of them or none. */
  readonly records: readonly R[]
  /** Given once everything that was written up to now is committed, so that no answer speaks of what may be lost. */
  readonly answer: T
  /** The shard holds already what the records say: they are not replayed. */
  readonly isApplied?: boolean
  /** Called before the answer is given. */
  readonly committed?: () => void
  /** Instead of `committed`: the records were not written, or are not committed yet after too long a time. */
  readonly failed?: (error: ErrorName) => void
}

/**
 * One internal partition's share of a coordinator: decides what records to write, and holds what they add up to.
 * Synchronous, without I/O and without a clock. Verbs throw CoordinatorRefused.
 */
export interface CoordinatorShard<R> {
  /** Of the log, in order; later of each decision, as soon as it is written. */
  replay(record: R): void
  /** The log is replayed: the shard may set its timers. */
  loaded(nowMs: number): void
  /** Nothing is decided here any more: whoever waits for an answer gets the error. Timers are cancelled already. */
  unloaded(error: ErrorName): void
}

/** Timers of a shard, by key. What they decide is written like the decision of a request. */
export interface ShardTimers<R> {
  /** Replaces the timer of that key. */
  set(key: string, delayMs: number, decide: (nowMs: number) => Decision<R, void>): void
  cancel(key: string): void
  has(key: string): boolean
}

/** How a shard's records are stored. */
export interface RecordFormat<R> {
  encode(record: R): { readonly key: Buffer; readonly value: Buffer | null }
  /** Null for what this version does not know. Throws for what is damaged. */
  decode(key: Buffer, value: Buffer | null): R | null
}

const NOTHING: Decision<never, void> = { records: [], answer: undefined }

/** Nothing to write, nothing to say. */
export function nothing(): Decision<never, void> {
  return NOTHING
}
