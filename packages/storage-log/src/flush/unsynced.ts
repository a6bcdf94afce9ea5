import type { LogConfig } from '../config.ts'

/** So much unsynced data starts a background sync even if nobody asks: the sync at a roll blocks the event loop. */
const FLUSH_BEHIND_BYTES = 64 * 1024 * 1024

/** What was written since a sync was last asked for, against `flush.messages` and `flush.ms`. */
export class Unsynced {
  #records = 0
  #bytes = 0
  #sinceMs = -1

  /** True when the limits ask for a sync now. */
  add(records: number, bytes: number, nowMs: number, config: LogConfig): boolean {
    if (this.#sinceMs < 0) this.#sinceMs = nowMs
    this.#records += records
    this.#bytes += bytes
    return this.#records >= config.flushMessages || this.#bytes >= FLUSH_BEHIND_BYTES || this.isDue(nowMs, config)
  }

  isDue(nowMs: number, config: LogConfig): boolean {
    return this.#sinceMs >= 0 && nowMs - this.#sinceMs >= config.flushMs
  }

  reset(): void {
    this.#records = 0
    this.#bytes = 0
    this.#sinceMs = -1
  }
}
