import { expect, test } from 'vitest'
import type { Log } from '../../src/index.ts'
import { makeMarker } from '../batches.ts'
import { append, newDisk, openLog } from '../helpers.ts'

// One test for each planted bug of tests/planted: short, and called what it is there for.

function begin(log: Log, producerId: number): void {
  append(log, { producerId, isTransactional: true })
}

function abort(log: Log, producerId: number): void {
  const { bytes, summary } = makeMarker(producerId, 0, 1, 'abort')
  log.append(bytes, 0, bytes.length, summary, { leaderEpoch: 0, origin: 'coordinator' })
}

test('planted: the last stable offset ignores the oldest open transaction', () => {
  const { log } = openLog(newDisk())
  append(log)
  begin(log, 4)
  begin(log, 5)
  expect(log.firstUndecidedOffset).toBe(1)
})

test('planted: the last stable offset ignores a transaction that was open at the restart', () => {
  const disk = newDisk()
  const { log } = openLog(disk)
  append(log)
  begin(log, 4)
  log.closeClean()
  expect(openLog(disk, { cleanStart: true }).log.firstUndecidedOffset).toBe(1)
})

test('planted: the index of aborted transactions ignores open ones', () => {
  const { log } = openLog(newDisk())
  begin(log, 4)
  begin(log, 5)
  abort(log, 5)
  abort(log, 4)
  // The marker of the older one comes later; who reads only the records has to be told of both.
  expect(log.abortedTransactions(0, 2).map(each => each.producerId)).toEqual([5, 4])
})
