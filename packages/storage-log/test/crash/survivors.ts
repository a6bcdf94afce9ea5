import { HEADER_BYTES, readLastOffset, readRecords, walkBatches } from '@streambus/protocol/records'
import type { CleanedGroup, Log } from '../../src/index.ts'
import { readAll } from '../helpers.ts'
import { must } from './contents.ts'
import type { WrittenBatch } from './ledger.ts'

interface Keyed {
  readonly offset: number
  readonly key: string
  readonly value: string | null
}

/**
 * The batches of the ledger after `group` was swapped in, as the log has them now. Throws Broken unless they are what
 * is left of the old ones: no record is new or has moved, and the last one of each key is there.
 */
export function survivors(log: Log, old: readonly WrittenBatch[], group: CleanedGroup): WrittenBatch[] {
  const found = read(log, old)
  const below = (batches: readonly WrittenBatch[]): WrittenBatch[] =>
    batches.filter(({ baseOffset }) => baseOffset < group.endOffset)
  const before = keyedOf(below(old))
  const after = keyedOf(below(found))
  const known = new Set(before.map(each => JSON.stringify(each)))
  for (const each of after) must(known.has(JSON.stringify(each)), () => `${JSON.stringify(each)} was never written`)
  for (const [key, last] of lastOf(keyedOf(old))) {
    const isGone = last.value === null || last.offset >= group.endOffset
    must(isGone || lastOf(after).get(key)?.offset === last.offset, () => `the last value of ${key} is gone`)
  }
  const untouched = old.filter(({ baseOffset }) => baseOffset >= group.endOffset)
  const same = found.slice(found.length - untouched.length)
  must(
    untouched.every((batch, i) => batch.bytes.equals(same[i]?.bytes ?? Buffer.alloc(0))),
    () => 'batches behind the group have changed'
  )
  return found
}

function read(log: Log, old: readonly WrittenBatch[]): WrittenBatch[] {
  const bytes = readAll(log, log.logStartOffset, 4000)
  const found: WrittenBatch[] = []
  walkBatches(bytes, (at, size) => {
    const batch = Buffer.from(bytes.subarray(at, at + size))
    const original = old.find(({ lastOffset }) => lastOffset === readLastOffset(batch, 0))
    must(original !== undefined, () => `no batch ended in ${readLastOffset(batch, 0)}`)
    const records = size === HEADER_BYTES ? [] : readRecords(batch)
    const times = records.map(({ offset, timestamp }) => ({ offset, timestamp }))
    found.push({ ...original, bytes: batch, records: times })
  })
  return found
}

function keyedOf(batches: readonly WrittenBatch[]): Keyed[] {
  return batches.flatMap(({ bytes }) =>
    (bytes.length === HEADER_BYTES ? [] : readRecords(bytes)).map(({ offset, key, value }) => ({
      offset,
      key: String(key),
      value: value === null ? null : value.toString()
    }))
  )
}

function lastOf(records: readonly Keyed[]): Map<string, Keyed> {
  return new Map(records.map(record => [record.key, record]))
}
