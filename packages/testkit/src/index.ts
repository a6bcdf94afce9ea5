export { type History, type HistoryFaults, historyFaults, NO_FAULTS } from './history.ts'
export { ManualClock } from './manual-clock.ts'
export {
  type CrashOptions,
  type Fault,
  type FaultyOperation,
  MemoryDisk,
  type MemoryDiskOptions
} from './memory-disk.ts'
export { SeededPrng } from './seeded-prng.ts'
export { environmentOf, freePort, SpawnedBroker, type SpawnOptions } from './spawn-broker.ts'
export { type StartOptions, startBroker, type TestBroker } from './start-broker.ts'
export { type TempDir, tempDir } from './temp-dir.ts'
