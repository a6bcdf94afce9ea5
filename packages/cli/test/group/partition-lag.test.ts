import { describe, expect, it } from 'vitest'
import { lagOf } from '../../src/group/partition-lag.ts'

describe('lag', () => {
  it.each([
    ['counts to the end', 3, { start: 0, end: 10 }, { lag: 7, note: '' }],
    ['is 0 at the end', 10, { start: 0, end: 10 }, { lag: 0, note: '' }],
    ['is not known without commit', null, { start: 0, end: 10 }, { lag: null, note: '' }],
    ['is never negative', 11, { start: 0, end: 10 }, { lag: 0, note: 'committed above the end' }],
    ['counts what is gone, as Kafka does', 3, { start: 5, end: 10 }, { lag: 7, note: '2 below the log start' }],
    [
      'is not known where no log is',
      3,
      { start: null, end: null },
      { lag: null, note: 'no such partition, or no leader' }
    ]
  ])('%s', (_, committed, log, expected) => {
    expect(lagOf(committed, log)).toEqual(expected)
  })
})
