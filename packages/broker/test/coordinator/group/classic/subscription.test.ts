import { encodeAssignment, encodeSubscription } from '@streambus/protocol/consumer-protocol'
import { describe, expect, test } from 'vitest'
import { assignedPartitions, subscribedTopics } from '../../../../src/coordinator/group/classic/subscription.ts'

const OTHER = Buffer.from('opaque')

describe('the topics of a classic consumer', () => {
  test('are known whatever its version put behind them', () => {
    const metadata = encodeSubscription({ version: 3, topics: ['a', 'b'], rackId: 'r' })
    expect(subscribedTopics(metadata)).toEqual(['a', 'b'])
    // Cut where version 1 begins.
    expect(
      subscribedTopics(metadata.subarray(0, encodeSubscription({ version: 0, topics: ['a', 'b'] }).length))
    ).toEqual(['a', 'b'])
  })

  test('are not known of anything else', () => {
    expect(subscribedTopics(OTHER)).toBeNull()
    expect(subscribedTopics(Buffer.alloc(0))).toBeNull()
  })
})

describe('the partitions of a classic consumer', () => {
  test('are those of its assignment; none in no bytes', () => {
    const partitions = [{ topic: 'a', partitions: [2, 0] }]
    expect(assignedPartitions(encodeAssignment({ partitions }))).toEqual(new Map([['a', [2, 0]]]))
    expect(assignedPartitions(Buffer.alloc(0))).toEqual(new Map())
  })

  test('are not known of anything else', () => {
    expect(assignedPartitions(OTHER)).toBeNull()
  })
})
