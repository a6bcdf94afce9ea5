import { describe, expect, it } from 'vitest'
import { append, CLIENT, SMALL } from '../helpers.ts'
import { fill, storedLog, verify } from './fixtures.ts'

describe('a sound log', () => {
  it('has no findings after a clean stop, and every file is counted', async () => {
    const { disk, logEndOffset } = storedLog('clean')
    const verified = await verify(disk, { noGaps: true })
    expect(verified.findings).toEqual([])
    const [facts] = verified.partitions
    expect(facts).toMatchObject({ logStartOffset: 0, logEndOffset })
    expect(facts?.segments).toBeGreaterThan(3)
    const kinds = new Set(verified.files.map(file => file.kind))
    const expected = [
      'log',
      'index',
      'timeindex',
      'txnindex',
      'snapshot',
      'epochs',
      'offset-checkpoint',
      'clean-marker'
    ]
    for (const kind of expected) expect(kinds).toContain(kind)
    expect(verified.files.filter(file => file.kind === 'index').some(file => (file.counts['entries'] ?? 0) > 1)).toBe(
      true
    )
    expect(verified.files.some(file => (file.counts['abortedTransactions'] ?? 0) > 0)).toBe(true)
    expect(verified.files.some(file => (file.counts['producers'] ?? 0) > 2)).toBe(true)
  })

  it('has none after a stop that was not clean, either', async () => {
    const { disk } = storedLog('crash')
    const { findings } = await verify(disk, { noGaps: true })
    expect(findings.filter(each => each.code !== 'missing-index')).toEqual([])
  })

  it('may be empty, or lie in a directory without partitions', async () => {
    const { disk } = storedLog('clean', { write: () => {} })
    const verified = await verify(disk)
    expect(verified.findings).toEqual([])
    expect(verified.partitions[0]).toMatchObject({ logEndOffset: 0, segments: 1, records: 0 })
    disk.removeDirectory('/data/orders-0')
    expect((await verify(disk)).findings.map(each => each.severity)).toEqual(['info'])
  })

  it('may have lost its head to retention or DeleteRecords', async () => {
    const { disk } = storedLog('clean', {
      write: log => {
        fill(log)
        log.deleteRecordsBefore(61)
        log.updateConfig({ ...SMALL, retentionBytes: 3000, retentionMs: -1 })
        log.requestSync()
        log.closeClean()
      }
    })
    expect((await verify(disk)).findings.filter(each => each.severity !== 'info')).toEqual([])
  })

  it('may have been truncated and written again', async () => {
    const { disk } = storedLog('clean', {
      write: log => {
        fill(log)
        log.truncateTo(50)
        append(log, {}, { ...CLIENT, leaderEpoch: 9 })
        log.truncateTo(20)
        fill(log, 3)
      }
    })
    expect((await verify(disk)).findings).toEqual([])
  })
})
