export { type History, type HistoryFaults, historyFaults, NO_FAULTS } from './history.ts'
export { ManualClock } from './manual-clock.ts'
export {
  type CrashOptions,
  type Fault,
  type FaultyOperation,
  MemoryDisk,
  type MemoryDiskOptions
} from './memory-disk.ts'
export { SECTOR_BYTES } from './memory-inode.ts'
export { SeededPrng } from './seeded-prng.ts'
export { crashImage, TraceReplay } from './sim-disk/replay.ts'
export {
  type CrashChoice,
  crashChoices,
  EVERYTHING_SURVIVES,
  isJournalled,
  NOTHING_SURVIVES,
  parseChoice,
  printChoice,
  survivors
} from './sim-disk/survival.ts'
export { type DiskOperation, DiskTrace, type SyncOutcome } from './sim-disk/trace.ts'
export { DiskTree, type PendingChange } from './sim-disk/tree.ts'
export { environmentOf, freePort, SpawnedBroker, type SpawnOptions } from './spawn-broker.ts'
export { type StartOptions, startBroker, type TestBroker } from './start-broker.ts'
export { type TempDir, tempDir } from './temp-dir.ts'
