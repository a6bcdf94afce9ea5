import { parentPort, workerData } from 'node:worker_threads'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import { type Cleaned, type CleaningRound, cleaner } from './cleaner.ts'

// One round in a thread of its own, as a broker runs it.
const { compactLog } = await cleaner()
const cleaned: Cleaned = compactLog(workerData as CleaningRound, { disk: nodeDisk, clock: nodeClock })
parentPort?.postMessage(cleaned)
