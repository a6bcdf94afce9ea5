import { int, long } from '../setting.ts'

const GIB = 1024 * 1024 * 1024
const INT_MAX = 2 ** 31 - 1
const dynamic = 'cluster'

/** When a log directory counts as slow, stuck or full, and what time retention believes. None of them is Kafka's. */
export const DISK_SETTINGS = {
  'log.dir.stall.warn.ms': int({
    default: 5_000,
    min: 0,
    dynamic,
    doc: 'A sync that takes longer is reported, and nothing that can wait is written to its directory; 0 is never.'
  }),
  'log.dir.stall.refuse.ms': int({
    default: 30_000,
    min: 0,
    dynamic,
    doc: 'While a sync takes longer, producers are refused in its directory and health fails; 0 is never.'
  }),
  'log.dir.stall.exit.ms': int({
    default: 60_000,
    min: 0,
    dynamic,
    doc: 'A sync that takes longer ends the process with exit code 74; 0 is never.'
  }),
  'log.dir.free.warn.bytes': long({
    default: 5 * GIB,
    min: 0,
    dynamic,
    doc: 'Free space of a log directory below which it is reported, at most 15 % of the disk; 0 is never.'
  }),
  'log.dir.free.refuse.bytes': long({
    default: GIB,
    min: 0,
    dynamic,
    doc: 'Free space of a log directory below which producers are refused, at most 5 % of the disk; 0 is never.'
  }),
  'log.retention.clock.jump.ms': long({
    default: 600_000,
    min: 1_000,
    max: INT_MAX,
    dynamic,
    doc: 'A larger step forward of the wall clock is believed by retention only when it has lasted.'
  }),
  'log.retention.clock.patience.ms': long({
    default: 3_600_000,
    min: 0,
    dynamic,
    doc: 'How long such a step must last until retention believes it; 0 believes the wall clock always.'
  })
} as const
