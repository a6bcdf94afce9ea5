/** Commands of the controller, as they are counted. */
export type ControllerEvent =
  | 'register'
  | 'assign_directories'
  | 'create_topics'
  | 'delete_topic'
  | 'create_partitions'
  | 'alter_configs'
  | 'allocate_producer_ids'

/** What the controller reports of its commands. */
export interface ControllerProbe {
  /** A command waits for those before it. */
  queued(): void
  /** It has begun, after so long. */
  began(event: ControllerEvent, queuedMs: number): void
  /** It is answered, well or not, so long after it began. */
  ended(event: ControllerEvent, durationMs: number): void
  /** Its records, if it changed something, were committed, so long after they were decided. */
  committed(durationMs: number): void
  /** They were applied, and whoever follows the metadata was told. */
  applied(durationMs: number): void
  /** They could not be written: nothing has changed. */
  failed(): void
}

export const SILENT_CONTROLLER_PROBE: ControllerProbe = {
  queued() {},
  began() {},
  ended() {},
  committed() {},
  applied() {},
  failed() {}
}
