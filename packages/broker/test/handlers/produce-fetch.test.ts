import {
  Errors,
  type FetchRequest,
  fetchApi,
  type Input,
  initProducerIdApi,
  listOffsetsApi,
  metadataApi,
  produceApi
} from '@streambus/protocol'
import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { batchOf, type DataPlane, openDataPlane, valuesIn } from '../data-plane.ts'

function produce(
  plane: DataPlane,
  records: Buffer | null,
  options: { acks?: number; version?: number; topic?: string; index?: number } = {}
) {
  const { acks = -1, version = 9, topic = 't', index = 0 } = options
  const topicData = [{ name: topic, partitionData: [{ index, records }] }]
  return plane.inject(produceApi, version, { transactionalId: null, acks, timeoutMs: 1000, topicData })
}

function fetch(
  plane: DataPlane,
  options: {
    offset?: number
    maxWaitMs?: number
    minBytes?: number
    partitionMaxBytes?: number
    maxBytes?: number
    epoch?: number
    lastEpoch?: number
  } = {}
) {
  const partition = {
    partition: 0,
    fetchOffset: options.offset ?? 0,
    partitionMaxBytes: options.partitionMaxBytes ?? 1 << 20,
    currentLeaderEpoch: options.epoch ?? -1,
    lastFetchedEpoch: options.lastEpoch ?? -1
  }
  const body: Input<FetchRequest> = {
    maxWaitMs: options.maxWaitMs ?? 0,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 1 << 20,
    topics: [{ topic: 't', partitions: [partition] }]
  }
  return plane.inject(fetchApi, 12, body)
}

const produced = (reply: ReturnType<typeof produce>) => reply.body?.responses[0]?.partitionResponses[0]
const fetched = (reply: ReturnType<typeof fetch>) => reply.body?.responses[0]?.partitions[0]

test('acks=all is answered only after a sync that began after the write', async () => {
  const disk = new MemoryDisk({ syncs: 'manual' })
  const opening = openDataPlane({ disk, syncs: 'manual' })
  await new Promise(setImmediate)
  disk.completeSyncs()
  const plane = await opening
  const creation = plane.createTopic('t')
  await new Promise(setImmediate)
  disk.completeSyncs()
  await creation
  const first = produce(plane, batchOf(['a']))
  const second = produce(plane, batchOf(['b']))
  await plane.settle()
  expect([first.outcome, second.outcome]).toEqual(['pending', 'pending'])
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual([])
  // The sync that the first append started does not cover the second.
  disk.completeSyncs()
  await plane.settle()
  expect([first.outcome, second.outcome]).toEqual(['answered', 'pending'])
  disk.completeSyncs()
  await plane.settle()
  expect(second.outcome).toBe('answered')
  expect(produced(second)).toMatchObject({ errorCode: 0, baseOffset: 1 })
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual(['0:a', '1:b'])
})

test('acks=1 is answered after the write, acks=0 never; consumers see both once they are durable', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  expect(produce(plane, batchOf(['one']), { acks: 1 }).outcome).toBe('answered')
  expect(produce(plane, batchOf(['none']), { acks: 0 }).outcome).toBe('none')
  await plane.settle()
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual(['0:one', '1:none'])
  const { cells } = plane.metrics
  expect([cells.messagesProduced.value, cells.messagesConsumed.value, cells.commitLatency.count]).toEqual([2, 2, 2])
})

test('an acks=0 failure closes the connection, the only sign its producer can notice', async () => {
  const plane = await openDataPlane()
  expect(produce(plane, batchOf(['x']), { acks: 0, topic: 'missing' }).outcome).toBe('closed')
})

test('the relaxed policy answers acks=all without a sync', async () => {
  const disk = new MemoryDisk()
  const plane = await openDataPlane({ disk, settings: { flushPolicy: 'os' } })
  await plane.createTopic('t')
  const reply = produce(plane, batchOf(['x']))
  await Promise.resolve()
  await Promise.resolve()
  expect(reply.outcome).toBe('answered')
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual(['0:x'])
})

test.each([
  ['null records', null, Errors.INVALID_RECORD.code],
  ['empty records', Buffer.alloc(0), Errors.INVALID_RECORD.code],
  ['less than a header', Buffer.alloc(60), Errors.INVALID_RECORD.code],
  ['two batches', Buffer.concat([batchOf(['a']), batchOf(['b'])]), null],
  ['a control batch', batchOf(['a'], { isControl: true }), Errors.INVALID_RECORD.code],
  [
    'a transactional batch',
    batchOf(['a'], { isTransactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 }),
    Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code
  ],
  ['a batch over max.message.bytes', batchOf(['x'.repeat(1_100_000)]), Errors.MESSAGE_TOO_LARGE.code]
])('%s: refused by name, the log unchanged', async (_what, records, errorCode) => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  for (const version of [3, 8, 11]) {
    const answer = produced(produce(plane, records === null ? null : Buffer.from(records), { version }))
    if (errorCode === null) expect(answer?.errorCode).not.toBe(0)
    else expect(answer?.errorCode).toBe(errorCode)
    expect(answer?.baseOffset).toBe(-1)
  }
  expect(plane.partitions.find('t', 0)?.log.logEndOffset).toBe(0)
})

test('a flipped bit under the CRC is CORRUPT_MESSAGE', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const batch = batchOf(['payload'])
  batch[batch.length - 3] = (batch[batch.length - 3] as number) ^ 1
  expect(produced(produce(plane, batch))?.errorCode).toBe(Errors.CORRUPT_MESSAGE.code)
})

test('acks other than -1, 0, 1, a partition named twice, an unknown partition', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  expect(produced(produce(plane, batchOf(['x']), { acks: 2 }))?.errorCode).toBe(Errors.INVALID_REQUIRED_ACKS.code)
  expect(produced(produce(plane, batchOf(['x']), { index: 5 }))?.errorCode).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  const twice = plane.inject(produceApi, 9, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 0,
    topicData: [
      {
        name: 't',
        partitionData: [
          { index: 0, records: batchOf(['a']) },
          { index: 0, records: batchOf(['b']) }
        ]
      }
    ]
  })
  expect(twice.body?.responses[0]?.partitionResponses.map(({ errorCode }) => errorCode)).toEqual([
    0,
    Errors.INVALID_REQUEST.code
  ])
})

test('min.insync.replicas above the replicas there are: refused before anything is written', async () => {
  const plane = await openDataPlane({ settings: { minInsyncReplicas: 2 } })
  await plane.createTopic('t')
  expect(produced(produce(plane, batchOf(['x'])))?.errorCode).toBe(Errors.NOT_ENOUGH_REPLICAS.code)
  expect(plane.partitions.find('t', 0)?.log.logEndOffset).toBe(0)
  expect(produced(produce(plane, batchOf(['x']), { acks: 1 }))?.errorCode).toBe(0)
})

test('while its directory refuses writes, producers are told why and can retry; everything else is served', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const first = produce(plane, batchOf(['a']))
  await plane.settle()
  expect(produced(first)?.errorCode).toBe(Errors.NONE.code)
  plane.directoryState.setSpace(null, '/data: 7 bytes are free')
  for (const acks of [-1, 1]) {
    expect(produced(produce(plane, batchOf(['b']), { acks }))).toMatchObject({
      errorCode: Errors.KAFKA_STORAGE_ERROR.code,
      errorMessage: '/data: 7 bytes are free',
      baseOffset: -1
    })
  }
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual(['0:a'])
  expect(plane.partitions.find('t', 0)?.deleteRecordsBefore(1)).toBe(1)
  await plane.createTopic('u')
  expect(plane.partitions.find('u', 0)).toBeDefined()
  plane.directoryState.setSpace(null, null)
  const later = produce(plane, batchOf(['c']))
  await plane.settle()
  expect(produced(later)).toMatchObject({ errorCode: Errors.NONE.code, baseOffset: 1 })
})

test('on a stalled disk, what would wait for another sync is refused, and the loop never waits', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  produce(plane, batchOf(['a']))
  await plane.settle()
  const partition = plane.partitions.find('t', 0)
  plane.directoryState.setStall('/data: slow', null)
  expect(() => partition?.deleteRecordsBefore(1)).toThrow('/data: slow')
  expect([partition?.deleteRecordsBefore(0), valuesIn(fetched(fetch(plane))?.records)]).toEqual([0, ['0:a']])
  plane.directoryState.setStall(null, null)
  expect(partition?.deleteRecordsBefore(1)).toBe(1)
})

test('a duplicate is answered with its first offsets and no error, also after a restart', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const init = plane.inject(initProducerIdApi, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
  await plane.settle()
  const producerId = init.body?.producerId ?? -1
  const send = (target: DataPlane, sequence: number) =>
    produce(target, batchOf(['v', 'w'], { producerId, producerEpoch: 0, baseSequence: sequence }))
  const replies = [send(plane, 0), send(plane, 2), send(plane, 0)]
  await plane.settle()
  expect(replies.map(reply => produced(reply)?.baseOffset)).toEqual([0, 2, 0])
  expect(produced(send(plane, 9))?.errorCode).toBe(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code)
  plane.disk.crash()
  const again = await openDataPlane({ disk: plane.disk })
  const retried = [send(again, 2), send(again, 4)]
  await again.settle()
  expect(retried.map(reply => produced(reply)?.baseOffset)).toEqual([2, 4])
  expect(again.partitions.find('t', 0)?.log.logEndOffset).toBe(6)
})

test('a timed-out acks=all wait answers REQUEST_TIMED_OUT; the batch stays in the log', async () => {
  const disk = new MemoryDisk()
  const plane = await openDataPlane({ disk })
  await plane.createTopic('t')
  const reply = produce(plane, batchOf(['x']))
  plane.clock.advance(1001)
  plane.partitions.find('t', 0)?.expireWaits(plane.clock.monotonicMs())
  await Promise.resolve()
  await Promise.resolve()
  expect(produced(reply)).toMatchObject({ errorCode: Errors.REQUEST_TIMED_OUT.code, baseOffset: -1 })
  await plane.settle()
  expect(valuesIn(fetched(fetch(plane))?.records)).toEqual(['0:x'])
})

test('a fetch waits for data, is woken by it, and ends empty when its time is up', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const waiting = fetch(plane, { maxWaitMs: 500 })
  const late = fetch(plane, { maxWaitMs: 500, offset: 0, minBytes: 10_000 })
  await plane.settle()
  expect([waiting.outcome, waiting.holdsBack, plane.parked.count]).toEqual(['pending', true, 2])
  produce(plane, batchOf(['hello']))
  await plane.settle()
  expect(valuesIn(fetched(waiting)?.records)).toEqual(['0:hello'])
  expect(late.outcome).toBe('pending')
  plane.clock.advance(500)
  await plane.settle()
  expect(valuesIn(fetched(late)?.records)).toEqual(['0:hello'])
  expect([plane.parked.count, plane.clock.timerCount, plane.pool.takenBytes]).toEqual([0, 0, 0])
})

test('offsets: at the end empty, beyond or below out of range, and the answer always says where the log is', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  produce(plane, batchOf(['a', 'b', 'c']))
  await plane.settle()
  expect(fetched(fetch(plane, { offset: 3 }))).toMatchObject({
    errorCode: 0,
    highWatermark: 3,
    lastStableOffset: 3,
    logStartOffset: 0
  })
  expect(fetched(fetch(plane, { offset: 4 }))).toMatchObject({
    errorCode: Errors.OFFSET_OUT_OF_RANGE.code,
    highWatermark: 3
  })
  plane.partitions.find('t', 0)?.deleteRecordsBefore(2)
  expect(fetched(fetch(plane, { offset: 1 }))).toMatchObject({
    errorCode: Errors.OFFSET_OUT_OF_RANGE.code,
    logStartOffset: 2
  })
  // Whole batches: the one that contains the offset comes from its beginning.
  expect(valuesIn(fetched(fetch(plane, { offset: 2 }))?.records)).toEqual(['0:a', '1:b', '2:c'])
})

test('the first partition with data may exceed every limit by one batch, a later one may not (KIP-74)', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t', 2)
  for (const index of [0, 1]) produce(plane, batchOf(['x'.repeat(1000)]), { index })
  await plane.settle()
  const partitions = [0, 1].map(partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 10 }))
  const reply = plane.inject(fetchApi, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 10,
    topics: [{ topic: 't', partitions }]
  })
  expect(reply.body?.responses[0]?.partitions.map(({ records }) => (records?.length ?? 0) > 0)).toEqual([true, false])
})

test('leader epochs: older fenced, newer unknown; a diverging last-fetched epoch says where to truncate', async () => {
  const disk = new MemoryDisk()
  const plane = await openDataPlane({ disk })
  await plane.createTopic('t')
  produce(plane, batchOf(['a']))
  await plane.settle()
  disk.crash()
  // An unclean start is a new epoch.
  const again = await openDataPlane({ disk })
  produce(again, batchOf(['b']))
  await again.settle()
  expect(fetched(fetch(again, { epoch: 0 }))?.errorCode).toBe(Errors.FENCED_LEADER_EPOCH.code)
  expect(fetched(fetch(again, { epoch: 9 }))?.errorCode).toBe(Errors.UNKNOWN_LEADER_EPOCH.code)
  expect(fetched(fetch(again, { epoch: 1, offset: 1, lastEpoch: 0 }))?.errorCode).toBe(0)
  expect(fetched(fetch(again, { epoch: 1, offset: 2, lastEpoch: 0 }))?.divergingEpoch).toEqual({
    epoch: 0,
    endOffset: 1
  })
  expect(fetched(fetch(again, { offset: 1, lastEpoch: 7 }))?.errorCode).toBe(Errors.OFFSET_OUT_OF_RANGE.code)
})

test('sessions are never granted, and a client that believes in one is told', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const ask = (sessionId: number, sessionEpoch: number) =>
    plane.inject(fetchApi, 12, { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics: [] }).body
  expect(ask(0, 0)).toMatchObject({ errorCode: 0, sessionId: 0 })
  expect(ask(5, 1)?.errorCode).toBe(Errors.FETCH_SESSION_ID_NOT_FOUND.code)
})

test('a replica id from a client listener is refused', async () => {
  const plane = await openDataPlane()
  const reply = plane.inject(fetchApi, 12, { replicaId: 2, maxWaitMs: 0, minBytes: 0, topics: [] })
  expect(reply.body?.errorCode).toBe(Errors.CLUSTER_AUTHORIZATION_FAILED.code)
})

test('by topic id: unknown ids and known ones', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const topicId = plane.controller.image.topicByName('t')?.id ?? ''
  const ask = (id: string, partition: number) => {
    const topics = [{ topicId: id, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
    return plane.inject(fetchApi, 17, { maxWaitMs: 0, minBytes: 0, topics }).body?.responses[0]?.partitions[0]
      ?.errorCode
  }
  expect(ask(topicId, 0)).toBe(0)
  expect(ask(topicId, 3)).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  expect(ask('AAAAAAAAAAAAAAAAAAAAAQ', 0)).toBe(Errors.UNKNOWN_TOPIC_ID.code)
})

test('list offsets: earliest, latest, by time, maximum, and what a version does not know', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  produce(plane, batchOf(['a', 'b']))
  await plane.settle()
  const ask = (timestamp: number, version: number) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }]
    return plane.inject(listOffsetsApi, version, { replicaId: -1, topics }).body?.topics[0]?.partitions[0]
  }
  for (let version = 1; version <= 10; version++) {
    expect(ask(-1, version)).toMatchObject({ errorCode: 0, offset: 2, timestamp: -1 })
    expect(ask(-2, version)).toMatchObject({ errorCode: 0, offset: 0 })
    expect(ask(1_700_000_000_000, version)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_700_000_000_000 })
    expect(ask(1_700_000_000_001, version)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 })
    const maximum = ask(-3, version)
    if (version < 7) expect(maximum?.errorCode).toBe(Errors.UNSUPPORTED_VERSION.code)
    else expect(maximum).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_700_000_000_000 })
  }
})

test('metadata: all, none, unknown, created on the way, refused names, by id', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  const all = plane.inject(metadataApi, 12, { topics: null, includeTopicAuthorizedOperations: false })
  expect(all.body?.topics.map(({ name }) => name)).toEqual(['t'])
  expect(all.body?.brokers).toMatchObject([{ nodeId: 1, host: 'me', port: 1234 }])
  expect(plane.inject(metadataApi, 1, { topics: [] }).body?.topics).toEqual([])
  expect(plane.inject(metadataApi, 0, { topics: [] }).body?.topics.length).toBe(1)
  const ask = async (name: string, allow: boolean) => {
    const reply = plane.inject(metadataApi, 5, { topics: [{ name }], allowAutoTopicCreation: allow })
    await plane.settle()
    return reply.body?.topics[0]
  }
  expect((await ask('new', false))?.errorCode).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  expect(await ask('new', true)).toMatchObject({ errorCode: 0, name: 'new', partitions: [{ leaderId: 1 }] })
  expect((await ask('..', true))?.errorCode).toBe(Errors.INVALID_TOPIC_EXCEPTION.code)
  expect((await ask('__consumer_offsets', true))?.errorCode).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  const id = plane.controller.image.topicByName('t')?.id ?? ''
  const byId = (topicId: string) =>
    plane.inject(metadataApi, 12, { topics: [{ topicId, name: null }], includeTopicAuthorizedOperations: false }).body
      ?.topics[0]
  expect(byId(id)).toMatchObject({ errorCode: 0, name: 't' })
  expect(byId('AAAAAAAAAAAAAAAAAAAAAQ')).toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_ID.code, name: null })
  expect(plane.bugs).toEqual([])
})

test('a deleted topic wakes its waiters; a re-created one has another id and no old records', async () => {
  const plane = await openDataPlane()
  await plane.createTopic('t')
  produce(plane, batchOf(['old']))
  await plane.settle()
  const waiting = fetch(plane, { maxWaitMs: 10_000, offset: 1 })
  const oldId = plane.controller.image.topicByName('t')?.id ?? ''
  const deletion = plane.controller.deleteTopic(oldId)
  await plane.settle()
  await deletion
  expect(fetched(waiting)?.errorCode).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION.code)
  await plane.createTopic('t')
  expect(plane.controller.image.topicByName('t')?.id).not.toBe(oldId)
  expect(fetched(fetch(plane))).toMatchObject({ errorCode: 0, highWatermark: 0 })
})

test('a full disk refuses metadata with KAFKA_STORAGE_ERROR, and the same command succeeds once there is room', async () => {
  const disk = new MemoryDisk()
  const plane = await openDataPlane({ disk })
  const wish = { name: 't', partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() }
  const create = async () => {
    const creation = plane.controller.createTopics([wish], { validateOnly: false })
    await plane.settle()
    return (await creation)[0]?.errorCode
  }
  disk.failNext('write', { code: 'ENOSPC', path: '__cluster_metadata' })
  expect(await create()).toBe(Errors.KAFKA_STORAGE_ERROR.code)
  expect(plane.controller.image.topicByName('t')).toBeUndefined()
  disk.failNext('write', { code: 'ENOSPC', path: '__cluster_metadata' })
  const init = plane.inject(initProducerIdApi, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
  await plane.settle()
  expect(init.body?.errorCode).toBe(Errors.COORDINATOR_NOT_AVAILABLE.code)
  expect(await create()).toBe(0)
})
