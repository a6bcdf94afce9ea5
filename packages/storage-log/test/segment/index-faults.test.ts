import { readWhole } from '@streambus/base'
import { expect, test } from 'vitest'
import { type IndexFault, type Log, SILENT_LOG_PROBE } from '../../src/index.ts'
import { append, newDisk, openLog, readAll } from '../helpers.ts'

/** A log with some ended segments on a disk, closed, and the index file of its first one. */
function closedLog() {
  const disk = newDisk()
  const { log } = openLog(disk)
  for (let count = 0; count < 60; count++) append(log, { timestamps: [1000 + count] })
  const end = log.logEndOffset
  expect(log.segmentCount).toBeGreaterThan(2)
  const bytes = readAll(log, 3)
  log.closeClean()
  const faults: IndexFault[] = []
  const probe = { ...SILENT_LOG_PROBE, indexRebuilt: (_path: string, fault: IndexFault) => void faults.push(fault) }
  const open = (): Log => openLog(disk, { probe, cleanStart: true, recoveryPoint: end }).log
  return { disk, bytes, faults, open, index: '/data/orders-0/00000000000000000000.index' }
}

test('an index that is not there is missing', () => {
  const { disk, bytes, faults, open, index } = closedLog()
  disk.unlink(index)
  expect(readAll(open(), 3)).toEqual(bytes)
  expect(faults).toEqual(['missing'])
})

test('one that is there and names places where no batch begins is wrong', () => {
  const { disk, bytes, faults, open, index } = closedLog()
  const content = readWhole(disk, index)
  for (let at = 7; at < content.length; at += 8) content.writeUInt8(content.readUInt8(at) ^ 1, at)
  const file = disk.open(index)
  file.write([content], 0)
  file.close()
  expect(readAll(open(), 3)).toEqual(bytes)
  expect(faults.length).toBeGreaterThan(0)
  expect(new Set(faults)).toEqual(new Set(['wrong']))
})
