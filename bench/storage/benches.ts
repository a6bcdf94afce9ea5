import { benchAppend } from './append.ts'
import { benchCompaction } from './compaction.ts'
import type { StorageBench } from './context.ts'
import { benchLookup } from './lookup.ts'
import { benchOpen } from './open.ts'
import { benchRead } from './read.ts'
import { benchRecovery } from './recovery.ts'

/** By the name that --only takes, in the order in which they run. */
export const BENCHES: ReadonlyMap<string, StorageBench> = new Map([
  ['append', benchAppend],
  ['read', benchRead],
  ['lookup', benchLookup],
  ['open', benchOpen],
  ['recovery', benchRecovery],
  ['compaction', benchCompaction]
])
