/** The real clock, randomness and disk. Only composition roots import from here. */
export { nodeClock } from './clock.ts'
export { nodeDisk } from './disk.ts'
export { lockHolder } from './lock-file.ts'
export { nodePrng } from './prng.ts'
export { nodeSystem, type System } from './system.ts'
