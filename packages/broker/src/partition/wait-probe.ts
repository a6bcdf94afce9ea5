/** What a request waits for on purpose or for want of something. */
export type WaitOperation = 'produce' | 'fetch' | 'join' | 'sync'

/** Hears of waits. */
export interface WaitProbe {
  /** Expired: time was up before there was what was waited for. */
  waited(operation: WaitOperation, waitedMs: number, result: 'satisfied' | 'expired'): void
}

export const SILENT_WAIT_PROBE: WaitProbe = { waited() {} }
