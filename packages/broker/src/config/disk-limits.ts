import type { ConfigValues } from './schema.ts'

export interface DiskLimits {
  /** Milliseconds that a sync may take before each step; 0: never. */
  readonly warnMs: number
  readonly refuseMs: number
  readonly exitMs: number
  /** Free bytes of a directory's filesystem below which each step is taken; 0: never. */
  readonly warnBytes: number
  readonly refuseBytes: number
}

/** When a log directory counts as stalled or short of space. */
export function diskLimits(values: ConfigValues): DiskLimits {
  return {
    warnMs: values['log.dir.stall.warn.ms'],
    refuseMs: values['log.dir.stall.refuse.ms'],
    exitMs: values['log.dir.stall.exit.ms'],
    warnBytes: values['log.dir.free.warn.bytes'],
    refuseBytes: values['log.dir.free.refuse.bytes']
  }
}
