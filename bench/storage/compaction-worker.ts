import { parentPort, workerData } from 'node:worker_threads'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import { type CompactionInput, compactLog } from '@streambus/storage-log'

// One round in a thread of its own, as a broker runs it.
parentPort?.postMessage(compactLog(workerData as CompactionInput, { disk: nodeDisk, clock: nodeClock }))
