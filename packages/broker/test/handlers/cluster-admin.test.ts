import { DiskError } from '@streambus/base'
import type { DescribeClusterRequest } from '@streambus/protocol'
import { OffsetOutOfRange } from '@streambus/storage-log'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { deleteRecordsHandler } from '../../src/handlers/21-delete-records.ts'
import { describeLogDirsHandler, type LogDirView } from '../../src/handlers/35-describe-log-dirs.ts'
import { describeClusterHandler } from '../../src/handlers/60-describe-cluster.ts'
import { describeTopicPartitionsHandler } from '../../src/handlers/75-describe-topic-partitions.ts'
import type { Partition } from '../../src/partition/partition.ts'
import { wish } from '../controller/harness.ts'
import { call, openAdmin } from './admin-harness.ts'

let admin: Awaited<ReturnType<typeof openAdmin>>
beforeEach(async () => {
  admin = await openAdmin()
})

describe('DescribeCluster', () => {
  const ask = (version: number, body: Partial<DescribeClusterRequest> = {}) =>
    call(describeClusterHandler({ nodeId: 1, image: admin.image }), version, {
      includeClusterAuthorizedOperations: false,
      ...body
    })

  test.each([0, 1, 2])('version %d gives the address that this client can reach', async version => {
    const answer = await ask(version)
    expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, clusterId: 'cluster', controllerId: 1 })
    expect(answer.brokers).toEqual([{ brokerId: 1, host: 'me', port: 1234, rack: null, isFenced: false }])
    expect(answer.clusterAuthorizedOperations).toBe(-2_147_483_648)
  })

  test('what may be done is told when asked', async () => {
    const { clusterAuthorizedOperations } = await ask(2, { includeClusterAuthorizedOperations: true })
    expect(clusterAuthorizedOperations).toBe(0b1_1111_1010_0000 & ~(1 << 6))
  })

  test('controllers have no listener of their own', async () => {
    expect(await ask(1, { endpointType: 2 })).toMatchObject({ errorCode: 115, brokers: [] })
    expect(await ask(1, { endpointType: 7 })).toMatchObject({ errorCode: 42, brokers: [] })
  })
})

describe('DescribeLogDirs', () => {
  const part = (topic: string, partition: number) => ({
    topic,
    partition,
    sizeBytes: 10,
    offsetLag: 0,
    isFuture: false
  })
  const views: LogDirView[] = [
    {
      path: '/a',
      errorCode: 0,
      totalBytes: 100,
      usableBytes: 40,
      partitions: [part('t', 0), part('u', 0), part('t', 1)]
    },
    { path: '/b', errorCode: 56, totalBytes: -1, usableBytes: -1, partitions: [] }
  ]
  const ask = (version: number, topics: { topic: string; partitions: number[] }[] | null) =>
    call(describeLogDirsHandler({ logDirs: () => views }), version, { topics })
  const found = async (topics: { topic: string; partitions: number[] }[] | null) => {
    const { results } = await ask(4, topics)
    return results[0]?.topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ partitionIndex }) => partitionIndex)
    ])
  }

  test.each([1, 2, 3, 4])('version %d shows every directory and every partition', async version => {
    const { results, errorCode } = await ask(version, null)
    expect(errorCode).toBe(0)
    expect(results.map(({ logDir, errorCode: code }) => [logDir, code])).toEqual([
      ['/a', 0],
      ['/b', 56]
    ])
    const partition = { partitionIndex: 0, partitionSize: 10, offsetLag: 0, isFutureKey: false }
    expect(results[0]?.topics).toEqual([
      { name: 't', partitions: [partition, { ...partition, partitionIndex: 1 }] },
      { name: 'u', partitions: [partition] }
    ])
    expect([results[0]?.totalBytes, results[0]?.usableBytes]).toEqual(version >= 4 ? [100, 40] : [-1, -1])
  })

  test('only what was asked for', async () => {
    expect(await found([{ topic: 't', partitions: [1, 7] }])).toEqual([['t', [1]]])
    expect(
      await found([
        { topic: 't', partitions: [1] },
        { topic: 't', partitions: [0] }
      ])
    ).toEqual([['t', [0, 1]]])
    expect(
      await found([
        { topic: 'x', partitions: [0] },
        { topic: 'u', partitions: [] }
      ])
    ).toEqual([])
    expect(await found([])).toEqual([])
  })
})

describe('DeleteRecords', () => {
  const partition = (run: (offset: number) => number) => ({ deleteRecordsBefore: run }) as unknown as Partition
  const partitions = new Map<number, Partition>([
    [0, partition(offset => (offset === -1 ? 9 : offset))],
    [
      1,
      partition(offset => {
        throw new OffsetOutOfRange(offset, 0, 9)
      })
    ],
    [
      2,
      partition(() => {
        throw new DiskError({ code: 'EIO', operation: 'write', path: '/a' })
      })
    ]
  ])
  const ask = async (version: number, topic: string, wanted: [partitionIndex: number, offset: number][]) => {
    const handler = deleteRecordsHandler({
      partitions: {
        find: (name, index) => (name === 'unknown' ? undefined : partitions.get(index)),
        isOffline: (_, index) => index === 3
      },
      isOnlyCompacted: name => name === 'compacted'
    })
    const body = wanted.map(([partitionIndex, offset]) => ({ partitionIndex, offset }))
    const answer = await call(handler, version, { topics: [{ name: topic, partitions: body }], timeoutMs: 1000 })
    return answer.topics[0]?.partitions.map(({ lowWatermark, errorCode }) => [lowWatermark, errorCode])
  }

  test.each([0, 1, 2])('version %d: the new start, or why not, for each partition', async version => {
    expect(
      await ask(version, 't', [
        [0, 5],
        [0, -1],
        [1, 10],
        [1, -2],
        [2, 5],
        [3, 5],
        [4, 5]
      ])
    ).toEqual([
      [5, 0],
      [9, 0],
      [-1, 1],
      [-1, 1],
      [-1, 56],
      [-1, 56],
      [-1, 3]
    ])
  })

  test('a topic that is compacted only keeps its records', async () => {
    expect(await ask(2, 'compacted', [[0, 5]])).toEqual([[-1, 44]])
    expect(await ask(2, 'unknown', [[0, 5]])).toEqual([[-1, 3]])
  })
})

describe('DescribeTopicPartitions', () => {
  interface Page {
    readonly topics?: string[]
    readonly limit?: number
    readonly cursor?: { topicName: string; partitionIndex: number } | null
  }
  const ask = ({ topics = [], limit = 2000, cursor = null }: Page = {}) => {
    const handler = describeTopicPartitionsHandler({
      image: admin.image,
      isOffline: (topic, index) => topic === 't' && index === 1
    })
    const body = { topics: topics.map(name => ({ name })), responsePartitionLimit: limit, cursor }
    return call(handler, 0, body)
  }
  const shown = ({ topics }: Awaited<ReturnType<typeof ask>>) =>
    topics.flatMap(({ name, errorCode, partitions }) =>
      errorCode === 0 ? partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`) : [`${name}: ${errorCode}`]
    )

  test('a topic with its partitions, one of them offline', async () => {
    const { topics, nextCursor } = await ask({ topics: ['t'] })
    expect(nextCursor).toBeNull()
    expect(topics).toMatchObject([
      { errorCode: 0, name: 't', topicId: admin.image.topicByName('t')?.id, isInternal: false }
    ])
    expect(topics[0]?.partitions).toEqual([
      {
        errorCode: 0,
        partitionIndex: 0,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
        // Kafka's Java client fails on null here.
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
        offlineReplicas: []
      },
      expect.objectContaining({ errorCode: 5, partitionIndex: 1, leaderId: -1, offlineReplicas: [1] })
    ])
  })

  test('unknown and impossible names, and names given twice', async () => {
    expect(shown(await ask({ topics: ['u', 'a/b', 't', 't'] }))).toEqual(['a/b: 17', 't-0', 't-1', 'u: 3'])
  })

  test('all topics, in order of names', async () => {
    await admin.controller.createTopics([wish('z'), wish('a')], { validateOnly: false })
    expect(shown(await ask())).toEqual(['a-0', 'a-1', 't-0', 't-1', 'z-0', 'z-1'])
  })

  test.each([
    ['a topic outside the list', { topics: ['t'], cursor: { topicName: 'u', partitionIndex: 0 } }, ['t: 42']],
    ['a negative partition', { topics: ['t'], cursor: { topicName: 't', partitionIndex: -1 } }, ['t: 42']],
    ['a negative partition of any', { cursor: { topicName: 't', partitionIndex: -1 } }, ['t: 42']]
  ])('a cursor with %s', async (_, page, expected) => {
    expect(shown(await ask(page))).toEqual(expected)
  })

  test('a topic that went between two pages is no obstacle', async () => {
    await admin.controller.createTopics([wish('z')], { validateOnly: false })
    expect(shown(await ask({ cursor: { topicName: 'gone', partitionIndex: 3 } }))).toEqual(['t-0', 't-1', 'z-0', 'z-1'])
    expect(shown(await ask({ cursor: { topicName: 't', partitionIndex: 7 } }))).toEqual(['z-0', 'z-1'])
  })

  test('pages of any size add up to everything, once, in order', async () => {
    const counts = [3, 1, 5, 2]
    const topics = counts.map((partitionCount, i) => wish(`p${i}`, { partitionCount }))
    await admin.controller.createTopics(topics, { validateOnly: false })
    const everything = shown(await ask())
    expect(everything).toHaveLength(13)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1, max: 15 }), async limit => {
        const seen: string[] = []
        let cursor: Page['cursor'] = null
        do {
          const answer = await ask({ limit, cursor })
          const rows = shown(answer)
          expect(rows.length).toBeLessThanOrEqual(Math.max(limit, 1))
          seen.push(...rows)
          cursor = answer.nextCursor
        } while (cursor !== null)
        expect(seen).toEqual(everything)
      })
    )
  })
})
