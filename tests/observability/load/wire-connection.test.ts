import {
  type ApiSchema,
  consumerGroupHeartbeatApi,
  createTopicsApi,
  deleteGroupsApi,
  encodeApiVersionsFallback,
  encodeRequestFrame,
  encodeResponseFrame,
  fetchApi,
  type Input,
  joinGroupApi,
  leaveGroupApi,
  metadataApi,
  offsetCommitApi,
  produceApi
} from '@streambus/protocol'
import { RecordBatchBuilder } from '@streambus/protocol/records'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rebalancesOf } from './group-tally.ts'
import { WireConnection } from './wire-connection.ts'
import { WireTally } from './wire-tally.ts'

const FRAME_BYTES_MAX = 100_000
const TOPIC_ID = 'ABEiM0RVZneImaq7zN3u_w'
let correlationId = 0

/** One request and the answer to it, as they stand on the wire. */
function exchange<Req, Res>(
  api: ApiSchema<Req, Res>,
  version: number,
  { request, answer }: { readonly request: Input<Req>; readonly answer: Input<Res> | null }
): { readonly request: Buffer; readonly answer: Buffer } {
  correlationId++
  const asked = encodeRequestFrame({ api, version, correlationId, clientId: 'test', body: request })
  const answered = answer === null ? [] : encodeResponseFrame({ api, version, correlationId, body: answer })
  return { request: Buffer.concat(asked), answer: Buffer.concat(answered) }
}

function batch(records: number, options: Parameters<RecordBatchBuilder['build']>[0] = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < records; i++)
    builder.append({ key: null, value: Buffer.from('v'), headers: [], timestamp: 1_000 })
  return builder.build(options)
}

function produce(records: Buffer, acks: number, errorCode = 0) {
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records }] }]
  const partitionResponses = [{ index: 0, errorCode, baseOffset: 0 }]
  return exchange(produceApi, 9, {
    request: { transactionalId: null, acks, timeoutMs: 1, topicData },
    answer: acks === 0 ? null : { responses: [{ name: 'orders', partitionResponses }] }
  })
}

interface Said {
  readonly request: Buffer
  readonly answer: Buffer
}

/** All requests at once, then all answers, both in pieces. */
function talk(said: readonly Said[], pieceBytes = 1_000_000): { tally: WireTally; connection: WireConnection } {
  const tally = new WireTally()
  const connection = new WireConnection(tally, FRAME_BYTES_MAX)
  const pieces = (bytes: Buffer): Buffer[] => {
    const count = Math.ceil(bytes.length / pieceBytes)
    return Array.from({ length: count }, (_, at) => bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes))
  }
  for (const piece of pieces(Buffer.concat(said.map(({ request }) => request)))) connection.clientSent(piece)
  for (const piece of pieces(Buffer.concat(said.map(({ answer }) => answer)))) connection.brokerSent(piece)
  return { tally, connection }
}

const GZIP = batch(3, { codec: 'gzip' })
const PLAIN = batch(2)
const SEQUENCED = batch(1, { producerId: 7, producerEpoch: 0, baseSequence: 0 })

test('produce requests, however their bytes are cut', () => {
  const said = [produce(GZIP, -1), produce(PLAIN, 1), produce(PLAIN, 0), produce(PLAIN, 1, 10)]
  said.push(produce(SEQUENCED, -1), produce(SEQUENCED, -1))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), pieceBytes => {
      const { tally, connection } = talk(said, pieceBytes)
      connection.ended('client')
      const { produced } = tally
      expect(tally.problems).toEqual([])
      expect([tally.framesIn, tally.framesOut]).toEqual([6, 5])
      expect(tally.bytesIn).toBe(said.reduce((sum, { request }) => sum + request.length, 0))
      expect(tally.responseBytes.of('Produce')).toBe(tally.bytesOut)
      expect(tally.requestBytes.of('Produce')).toBe(tally.bytesIn - 6 * 4)
      expect(tally.requests.of('Produce', '9')).toBe(6)
      expect(produced.records.of('orders')).toBe(3 + 2 + 2 + 1)
      expect(produced.bytes.total).toBe(GZIP.length + 2 * PLAIN.length + SEQUENCED.length)
      expect([produced.duplicates, produced.taken.length, produced.judged, produced.waited]).toEqual([1, 4, 6, 2])
      expect(produced.ends.of('orders', '0')).toBe(8)
      expect(produced.producersOf('orders')).toBe(1)
      expect(produced.refusedBytes.of('orders', 'MESSAGE_TOO_LARGE')).toBe(PLAIN.length)
      expect(tally.verdicts.errors.of('Produce', 'MESSAGE_TOO_LARGE')).toBe(1)
      expect(produced.partitions.of('orders')).toBe(6)
      expect([...tally.connectionsEnded.entries()]).toEqual([[['client'], 1]])
    })
  )
})

test('of requests without an answer the last one was refused when the broker ends the connection', () => {
  const { tally, connection } = talk([produce(GZIP, 0), produce(PLAIN, 0)])
  expect(connection.isSettled).toBe(false)
  connection.ended('broker')
  expect(tally.produced.records.total).toBe(3)
  expect(tally.connectionsEnded.of('policy')).toBe(1)
  expect(tally.produced.unexplainedCount).toBe(1)
  tally.produced.explain('CORRUPT_MESSAGE')
  expect(tally.produced.refusals.of('CORRUPT_MESSAGE')).toBe(1)
  expect(tally.produced.partitions.of('orders')).toBe(2)
})

test('fetch answers, by topics that are known by their ids', () => {
  const topics = [{ errorCode: 0, name: 'orders', topicId: TOPIC_ID, partitions: [] }]
  const metadata = exchange(metadataApi, 12, { request: { topics: null }, answer: { brokers: [], topics } })
  const ask = { maxWaitMs: 0, minBytes: 1, topics: [] }
  const partition = { errorCode: 0, highWatermark: 5, abortedTransactions: null, records: Buffer.alloc(0) }
  const partitions = [
    { ...partition, partitionIndex: 0, records: Buffer.concat([GZIP, PLAIN]) },
    { ...partition, partitionIndex: 1 },
    { ...partition, partitionIndex: 2, errorCode: 3 }
  ]
  const full = exchange(fetchApi, 13, { request: ask, answer: { responses: [{ topicId: TOPIC_ID, partitions }] } })
  const empty = exchange(fetchApi, 13, { request: ask, answer: { responses: [] } })
  const refused = exchange(fetchApi, 13, { request: ask, answer: { errorCode: 70, responses: [] } })
  const { tally } = talk([metadata, full, empty, refused])
  const { fetched } = tally
  expect([fetched.records.of('orders'), fetched.bytes.of('orders')]).toEqual([5, GZIP.length + PLAIN.length])
  expect([fetched.answersWithRecords, fetched.answersWithout]).toEqual([1, 1])
  expect([fetched.answered, fetched.partitions.of('orders'), fetched.partitionsWithRecords]).toEqual([3, 2, 1])
  expect(tally.verdicts.errors.of('Fetch', 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(1)
  expect(tally.verdicts.errors.of('Fetch', 'FETCH_SESSION_ID_NOT_FOUND')).toBe(1)
})

test('topics, groups, their members and offsets', () => {
  const named = { name: 'orders', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }
  const taken = { ...named, name: 'taken' }
  const created = exchange(createTopicsApi, 5, {
    request: { topics: [named, taken] },
    answer: {
      topics: [
        { name: 'orders', errorCode: 0, errorMessage: null, numPartitions: 3 },
        { name: 'taken', errorCode: 36, errorMessage: null }
      ]
    }
  })
  const joining = { groupId: 'g', sessionTimeoutMs: 1, memberId: '', protocolType: 'consumer', protocols: [] }
  const joined = (memberId: string, errorCode: number, generationId = -1) =>
    exchange(joinGroupApi, 5, {
      request: joining,
      answer: { errorCode, generationId, protocolName: '', leader: '', memberId, members: [] }
    })
  const left = exchange(leaveGroupApi, 3, {
    request: { groupId: 'g', members: [{ memberId: 'a' }] },
    answer: { errorCode: 0, members: [{ memberId: 'a', groupInstanceId: null, errorCode: 0 }] }
  })
  const commit = exchange(offsetCommitApi, 8, {
    request: {
      groupId: 'g',
      memberId: 'b',
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, committedOffset: 9, committedMetadata: null },
            { partitionIndex: 1, committedOffset: 4, committedMetadata: null }
          ]
        }
      ]
    },
    answer: {
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, errorCode: 0 },
            { partitionIndex: 1, errorCode: 12 }
          ]
        }
      ]
    }
  })
  const beat = (memberEpoch: number) =>
    exchange(consumerGroupHeartbeatApi, 0, {
      request: { groupId: 'h', memberId: 'm', memberEpoch },
      answer: { errorCode: 0, memberId: 'm', memberEpoch: memberEpoch + 1, heartbeatIntervalMs: 1 }
    })
  const before = talk([created, joined('a', 79), joined('a', 0), joined('b', 0), left, commit, beat(0)]).tally
  expect([...before.topics.partitions]).toEqual([['orders', 3]])
  expect([...(before.groups.groups.get('g')?.members ?? [])]).toEqual(['b'])
  expect([...(before.groups.groups.get('g')?.offsets.values() ?? [])]).toEqual([
    { topic: 'orders', partition: 0, offset: 9 }
  ])
  expect(before.groups.commits.of('g')).toBe(1)
  expect(before.groups.groups.get('h')).toMatchObject({ type: 'consumer', members: new Set(['m']) })
  const results = [
    { groupId: 'g', errorCode: 0 },
    { groupId: 'h', errorCode: 68 }
  ]
  const deleted = exchange(deleteGroupsApi, 2, { request: { groupsNames: ['g', 'h'] }, answer: { results } })
  const after = talk([joined('a', 0), beat(0), beat(-1), deleted]).tally
  expect([...after.groups.groups.keys()]).toEqual(['h'])
  expect(after.groups.groups.get('h')?.members.size).toBe(0)
  const rebalanced = talk([joined('a', 0, 1), joined('b', 0, 2), left, beat(0), beat(0), beat(-1)]).tally.groups
  const rebalances = (): number[] => [...rebalanced.groups.values()].map(rebalancesOf)
  expect(rebalances()).toEqual([2, 2])
  rebalanced.groups.get('g')?.members.delete('b')
  expect(rebalances()).toEqual([3, 2])
})

test('whether answers are good, part by part', () => {
  const named = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const create = (...codes: readonly number[]) =>
    exchange(createTopicsApi, 5, {
      request: { topics: codes.map((_, at) => ({ ...named, name: `t${at}` })) },
      answer: { topics: codes.map((errorCode, at) => ({ name: `t${at}`, errorCode, errorMessage: null })) }
    })
  const { verdicts } = talk([create(0, 36, 56), create()]).tally
  expect(['good', 'bad'].map(outcome => verdicts.parts.of('CreateTopics', outcome))).toEqual([2, 1])
  expect(['good', 'bad'].map(outcome => verdicts.results.of('CreateTopics', outcome))).toEqual([3, 1])
  expect(verdicts.errors.total).toBe(2)
})

test.each([
  ['frame_size', Buffer.from('7fffffff', 'hex'), null],
  ['unsupported', Buffer.from('0000000a7fff000000000001ffff', 'hex'), 'unknown_api'],
  ['unsupported', Buffer.from('0000000a0000000200000001ffff', 'hex'), 'unsupported_version'],
  ['malformed', Buffer.from('000000060003000c0000', 'hex'), 'malformed']
])('%s: nothing is read any more', (reason, bytes, refusal) => {
  const { tally, connection } = talk([{ request: bytes, answer: Buffer.alloc(0) }])
  connection.clientSent(produce(PLAIN, 1).request)
  connection.ended('broker')
  expect(tally.connectionsEnded.of(reason)).toBe(1)
  expect(tally.refused.total).toBe(refusal === null ? 0 : 1)
  if (refusal !== null) expect(tally.refused.of(refusal)).toBe(1)
  expect([tally.framesIn, tally.requests.total]).toEqual([refusal === null ? 0 : 1, 0])
})

test('a newer ApiVersions is refused, answered, and not the end', () => {
  const request = Buffer.from('0000000b0012006300000007000000', 'hex')
  const answer = Buffer.concat(encodeApiVersionsFallback(7))
  const { tally, connection } = talk([{ request, answer }])
  expect([tally.framesIn, tally.framesOut, tally.requests.total, tally.responses.total]).toEqual([1, 1, 0, 0])
  expect(tally.refused.of('unsupported_version')).toBe(1)
  expect(connection.isSettled).toBe(true)
})

test('answers that are missing, too many or out of order are problems', () => {
  const { request, answer } = produce(PLAIN, 1)
  const owed = talk([{ request, answer: Buffer.alloc(0) }])
  owed.connection.ended('client')
  const tooMany = talk([{ request, answer: Buffer.concat([answer, answer]) }])
  const mixed = talk([{ request, answer: produce(PLAIN, 1).answer }])
  for (const { tally } of [owed, tooMany, mixed]) expect(tally.problems).toHaveLength(1)
})
