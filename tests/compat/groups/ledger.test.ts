import { describe, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

const SLACK_MS = 10

function owns(ledger: Ledger, member: string, atMs: number, generation: number | null = null): void {
  ledger.note({ event: 'assigned', member, atMs, partitions: [0], generation })
}

function loses(ledger: Ledger, member: string, atMs: number): void {
  ledger.note({ event: 'revoked', member, atMs, partitions: [0], generation: null })
}

describe('the ledger of a group', () => {
  test('one owner after the other is sound', () => {
    const ledger = new Ledger(SLACK_MS)
    owns(ledger, 'a', 0, 1)
    loses(ledger, 'a', 100)
    owns(ledger, 'b', 95, 2)
    expect(ledger.conflicts()).toEqual([])
    expect(ledger.owners()).toEqual([{ partition: 0, member: 'b' }])
  })

  test('two owners at one time are found', () => {
    const ledger = new Ledger(SLACK_MS)
    owns(ledger, 'a', 0)
    owns(ledger, 'b', 50)
    loses(ledger, 'a', 100)
    expect(ledger.conflicts()).toEqual(['a and b had partition 0 for 50 ms'])
  })

  test('two owners in one generation are found', () => {
    const ledger = new Ledger(SLACK_MS)
    owns(ledger, 'a', 0, 1)
    ledger.gone('a', 10)
    owns(ledger, 'b', 20, 1)
    expect(ledger.conflicts()).toEqual(['a and b had partition 0 in generation 1'])
  })

  test('records that nobody read are named', () => {
    const ledger = new Ledger(SLACK_MS)
    ledger.note({ event: 'records', member: 'a', atMs: 0, partition: 1, offsets: [0, 2] })
    expect(ledger.missing([0, 3])).toEqual(['1@1'])
  })
})
