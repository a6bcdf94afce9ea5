import type { Board } from '../board.ts'
import { capacity } from './capacity.ts'
import { cluster } from './cluster.ts'
import { consumers } from './consumers.ts'
import { logs } from './logs.ts'
import { monitoring } from './monitoring.ts'
import { overview } from './overview.ts'
import { performance } from './performance.ts'
import { runtime } from './runtime.ts'
import { security } from './security.ts'
import { serviceLevels } from './service-levels.ts'
import { storage } from './storage.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

export const boards: readonly Board[] = [
  overview,
  performance,
  consumers,
  topics,
  storage,
  capacity,
  security,
  transactions,
  cluster,
  runtime,
  logs,
  serviceLevels,
  monitoring
]
