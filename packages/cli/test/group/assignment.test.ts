import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignmentText, partitionCount, readAssignment } from '../../src/group/assignment.ts'
import { assignmentOf } from './group-rig.ts'

describe('an assignment', () => {
  it('is read as clients write it', () => {
    const assignment = readAssignment(assignmentOf({ orders: [2, 0, 1], clicks: [7] })) ?? []
    expect(assignmentText(assignment)).toBe('orders:0,1,2 clicks:7')
    expect(partitionCount(assignment)).toBe(4)
  })

  it('is empty while a rebalance runs', () => {
    expect(readAssignment(Buffer.alloc(0))).toEqual([])
  })

  it('is what was written, for any topics', () => {
    const topics = fc.dictionary(fc.string({ minLength: 1 }), fc.uniqueArray(fc.nat(1000)))
    fc.assert(
      fc.property(topics, expected => {
        const found = readAssignment(assignmentOf(expected)) ?? []
        expect(Object.fromEntries(found.map(({ topic, partitions }) => [topic, partitions]))).toEqual(
          Object.fromEntries(Object.entries(expected).map(([topic, all]) => [topic, [...all].sort((a, b) => a - b)]))
        )
      })
    )
  })

  it('of another protocol never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void readAssignment(Buffer.from(bytes))))
    expect(readAssignment(Buffer.from([0xff, 0xff, 0, 0]))).toBeNull()
    expect(readAssignment(Buffer.from([0, 0, 0x7f, 0xff, 0xff, 0xff]))).toBeNull()
  })
})
