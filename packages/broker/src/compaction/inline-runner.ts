import { type Clock, type Disk, DiskError } from '@streambus/base'
import { compactLog } from '@streambus/storage-log'
import { CompactionFailed, type CompactionRunner } from './runner.ts'

/** Runs rounds on the event loop: for disks that no other thread can see. Rates are not kept. */
export function inlineRunner(disk: Disk, clock: Clock): CompactionRunner {
  return {
    async run({ input, onGroup }) {
      try {
        return compactLog(input, { disk, clock, onGroup })
      } catch (error) {
        if (error instanceof DiskError) throw error
        throw new CompactionFailed((error as Error).message, { cause: error })
      }
    },
    stop() {}
  }
}
