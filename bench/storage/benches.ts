import { benchAppend } from './append.ts'
import type { StorageBench } from './context.ts'
import { benchRead } from './read.ts'

/** By the name that --only takes, in the order in which they run. */
export const BENCHES: ReadonlyMap<string, StorageBench> = new Map([
  ['append', benchAppend],
  ['read', benchRead]
])
