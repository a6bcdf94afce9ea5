/** What the controller reports of each command that changed something. */
export interface ControllerProbe {
  /** Its records were committed, so long after they were decided. */
  committed(durationMs: number): void
  /** They were applied, and whoever follows the metadata was told. */
  applied(durationMs: number): void
  /** They could not be written: nothing has changed. */
  failed(): void
}

export const SILENT_CONTROLLER_PROBE: ControllerProbe = { committed() {}, applied() {}, failed() {} }
