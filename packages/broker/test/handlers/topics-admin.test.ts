import { type CreateTopicsRequest, type Input, ZERO_UUID } from '@streambus/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTopicsHandler } from '../../src/handlers/19-create-topics.ts'
import { deleteTopicsHandler } from '../../src/handlers/20-delete-topics.ts'
import { createPartitionsHandler } from '../../src/handlers/37-create-partitions.ts'
import { call, openAdmin } from './admin-harness.ts'

type NewTopic = Input<CreateTopicsRequest>['topics'][number]

let admin: Awaited<ReturnType<typeof openAdmin>>
beforeEach(async () => {
  admin = await openAdmin({ 'log.segment.bytes': '2048' })
})

function topic(name: string, more: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }
}

describe('CreateTopics', () => {
  const create = (topics: NewTopic[], options: { version?: number; validateOnly?: boolean } = {}) => {
    const { version = 7, validateOnly = false } = options
    return call(createTopicsHandler(admin), version, { topics, timeoutMs: 1000, validateOnly })
  }
  const errorOf = async (...topics: NewTopic[]) => (await create(topics)).topics.map(({ errorCode }) => errorCode)

  test('a topic can be used when it is answered, and is described with its id and its settings in force', async () => {
    const configs = [{ name: 'retention.ms', value: '7' }]
    const { topics } = await create([topic('new', { numPartitions: 3, configs })])
    const image = admin.image.topicByName('new')
    expect(topics).toHaveLength(1)
    expect(topics[0]).toMatchObject({
      name: 'new',
      errorCode: 0,
      errorMessage: null,
      topicId: image?.id,
      numPartitions: 3,
      replicationFactor: 1
    })
    const shown = new Map(topics[0]?.configs?.map(config => [config.name, config]))
    expect(shown.get('retention.ms')).toMatchObject({
      value: '7',
      configSource: 1,
      readOnly: false,
      isSensitive: false
    })
    expect(shown.get('segment.bytes')).toMatchObject({ value: '2048', configSource: 4 })
    expect(shown.get('cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5 })
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('version %d creates', async version => {
    const { topics } = await create([topic('new')], { version })
    expect(topics[0]).toMatchObject({ name: 'new', errorCode: 0 })
    expect(admin.image.topicByName('new')?.partitions).toHaveLength(1)
    expect(topics[0]?.topicId === ZERO_UUID).toBe(version < 7)
    expect(topics[0]?.configs?.length ?? 0).toBe(version < 5 ? 0 : 34)
  })

  test.each([3, 4])('version %d asks for defaults with -1; KafkaJS does so in version 3', async version => {
    const { topics } = await create([topic('new', { numPartitions: -1, replicationFactor: -1 })], { version })
    expect(topics[0]?.errorCode).toBe(0)
    expect(admin.image.topicByName('new')?.partitions).toHaveLength(2)
  })

  test('validate only says the same, gives no id, and creates nothing', async () => {
    const { topics } = await create([topic('new', { numPartitions: 4 }), topic('t')], { validateOnly: true })
    expect(topics[0]).toMatchObject({ errorCode: 0, numPartitions: 4, topicId: ZERO_UUID })
    expect(topics[1]).toMatchObject({ errorCode: 36, errorMessage: 'topic t exists', configs: null })
    expect(admin.image.topicByName('new')).toBeUndefined()
  })

  test('an assignment places the replicas and excludes the numbers', async () => {
    const assigned = { numPartitions: -1, replicationFactor: -1 }
    const place = (...parts: [number, number[]][]) =>
      parts.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }))
    expect(await errorOf(topic('a', { ...assigned, assignments: place([1, [1]], [0, [1]]) }))).toEqual([0])
    expect(admin.image.topicByName('a')?.partitions).toHaveLength(2)
    expect(await errorOf(topic('b', { assignments: place([0, [1]]) }))).toEqual([42])
    expect(await errorOf(topic('b', { ...assigned, replicationFactor: 1, assignments: place([0, [1]]) }))).toEqual([42])
    for (const assignments of [
      place([0, [1]], [2, [1]]),
      place([0, [1]], [0, [1]]),
      place([-1, [1]]),
      place([0, [9]]),
      place([0, [1, 1]]),
      place([0, []])
    ]) {
      expect(await errorOf(topic('b', { ...assigned, assignments }))).toEqual([39])
    }
  })

  test.each<[string, Partial<NewTopic>, number, string]>([
    ['no partitions', { numPartitions: 0 }, 37, '0 partitions are outside 1…10000'],
    ['a billion partitions', { numPartitions: 1_000_000_000 }, 37, '1000000000 partitions'],
    ['no replicas', { replicationFactor: 0 }, 38, 'replication factor 0 is outside 1…1'],
    ['more replicas than brokers', { replicationFactor: 3 }, 38, 'outside 1…1, the number of brokers'],
    ['an unknown setting', { configs: [{ name: 'retention', value: '1' }] }, 40, 'retention is not a topic setting'],
    ['a setting of every object', { configs: [{ name: '__proto__', value: '1' }] }, 40, '__proto__ is not'],
    ['a wrong value', { configs: [{ name: 'segment.ms', value: '0' }] }, 40, 'segment.ms is "0": must be a whole'],
    ['a null value', { configs: [{ name: 'segment.ms', value: null }] }, 40, 'segment.ms is null'],
    [
      'a setting twice',
      {
        configs: [
          { name: 'segment.ms', value: '1' },
          { name: 'segment.ms', value: '2' }
        ]
      },
      42,
      'segment.ms is set twice'
    ],
    ['a wrong name', { name: 'a/b' }, 17, 'letters, digits'],
    ['a name that exists', { name: 't' }, 36, 'topic t exists']
  ])('%s is refused, with the reason, and spares the others', async (_, more, errorCode, message) => {
    const { topics } = await create([topic('bad', more), topic('good')])
    const codes = new Map(topics.map(each => [each.name, each.errorCode]))
    expect(codes).toEqual(
      new Map([
        ['good', 0],
        [more.name ?? 'bad', errorCode]
      ])
    )
    expect(topics.find(each => each.errorCode !== 0)?.errorMessage).toContain(message)
    expect(admin.image.topicByName('good')).toBeDefined()
    expect(admin.image.topicByName('bad')).toBeUndefined()
  })

  test('a name twice is answered once, with an error', async () => {
    const { topics } = await create([topic('x'), topic('x', { numPartitions: 2 }), topic('y')])
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['x', 42],
      ['y', 0]
    ])
    expect(admin.image.topicByName('x')).toBeUndefined()
  })
})

describe('DeleteTopics', () => {
  const remove = (topics: { name: string | null; topicId?: string }[], { version = 6, isEnabled = true } = {}) => {
    const handler = deleteTopicsHandler({ controller: admin.controller, isEnabled: () => isEnabled })
    const wishes = topics.map(({ name, topicId = ZERO_UUID }) => ({ name, topicId }))
    const body =
      version >= 6
        ? { topics: wishes, topicNames: [], timeoutMs: 1000 }
        : { topics: [], topicNames: wishes.map(({ name }) => name ?? ''), timeoutMs: 1000 }
    return call(handler, version, body)
  }

  test.each([0, 1, 2, 3, 4, 5, 6])('version %d deletes by name, and the id is gone', async version => {
    const id = admin.image.topicByName('t')?.id ?? ''
    const { responses } = await remove([{ name: 't' }], { version })
    expect(responses).toMatchObject([{ name: 't', errorCode: 0 }])
    expect(admin.image.topicByName('t')).toBeUndefined()
    expect(admin.image.topicById(id)).toBeUndefined()
    expect((await remove([{ name: 't' }], { version })).responses[0]?.errorCode).toBe(3)
  })

  test('by id', async () => {
    const topicId = admin.image.topicByName('t')?.id ?? ''
    expect((await remove([{ name: null, topicId }])).responses).toMatchObject([{ name: 't', topicId, errorCode: 0 }])
    const again = await remove([{ name: null, topicId }])
    expect(again.responses).toMatchObject([{ name: null, topicId, errorCode: 100 }])
    expect(again.responses[0]?.errorMessage).toContain(topicId)
  })

  test('named twice, in whatever way, it stays', async () => {
    const topicId = admin.image.topicByName('t')?.id ?? ''
    const { responses } = await remove([{ name: 't' }, { name: null, topicId }, { name: 'u' }, { name: 'u' }])
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([42, 42, 42, 42])
    expect(admin.image.topicByName('t')).toBeDefined()
  })

  test('neither name nor id, or both, is contradictory', async () => {
    const topicId = admin.image.topicByName('t')?.id ?? ''
    expect((await remove([{ name: null }])).responses[0]?.errorCode).toBe(42)
    expect((await remove([{ name: 't', topicId }])).responses[0]?.errorCode).toBe(42)
    expect(admin.image.topicByName('t')).toBeDefined()
  })

  test('switched off', async () => {
    for (const [version, errorCode] of [
      [2, 42],
      [3, 73],
      [6, 73]
    ] as const) {
      const { responses } = await remove([{ name: 't' }], { version, isEnabled: false })
      expect(responses).toMatchObject([{ name: 't', errorCode }])
    }
    expect(admin.image.topicByName('t')).toBeDefined()
  })
})

describe('CreatePartitions', () => {
  const grow = (
    topics: { name?: string; count: number; assignments?: number[][] }[],
    { version = 3, validateOnly = false } = {}
  ) => {
    const body = topics.map(({ name = 't', count, assignments }) => {
      return { name, count, assignments: assignments?.map(brokerIds => ({ brokerIds })) ?? null }
    })
    return call(createPartitionsHandler(admin), version, { topics: body, timeoutMs: 1000, validateOnly })
  }
  const count = () => admin.image.topicByName('t')?.partitions.length

  test.each([0, 1, 2, 3])('version %d', async version => {
    const { results } = await grow([{ count: 5 }], { version })
    expect(results).toEqual([{ name: 't', errorCode: 0, errorMessage: null }])
    expect(count()).toBe(5)
  })

  test.each([
    ['as many', { count: 2 }, 37],
    ['fewer', { count: 1 }, 37],
    ['less than none', { count: -1 }, 37],
    ['too many', { count: 2_000_000_000 }, 37],
    ['an unknown topic', { name: 'u', count: 3 }, 3],
    ['too few assignments', { count: 4, assignments: [[1]] }, 39],
    ['too many assignments', { count: 3, assignments: [[1], [1]] }, 39],
    ['an unknown broker', { count: 3, assignments: [[9]] }, 39],
    ['a broker twice', { count: 3, assignments: [[1, 1]] }, 39]
  ])('%s is refused', async (_, request, errorCode) => {
    const { results } = await grow([request])
    expect(results[0]?.errorCode).toBe(errorCode)
    expect(results[0]?.errorMessage).not.toBeNull()
    expect(count()).toBe(2)
  })

  test('with assignments, and only validated', async () => {
    expect((await grow([{ count: 3, assignments: [[1]] }], { validateOnly: true })).results[0]?.errorCode).toBe(0)
    expect(count()).toBe(2)
    expect((await grow([{ count: 3, assignments: [[1]] }])).results[0]?.errorCode).toBe(0)
    expect(count()).toBe(3)
  })

  test('a topic twice is answered once, with an error', async () => {
    expect((await grow([{ count: 3 }, { count: 4 }])).results.map(({ errorCode }) => errorCode)).toEqual([42])
    expect(count()).toBe(2)
  })

  test('one request adds a bounded number of partitions', async () => {
    const handler = createTopicsHandler(admin)
    await call(handler, 7, { topics: [topic('u')], timeoutMs: 0, validateOnly: false })
    const { results } = await grow([{ count: 6_000 }, { name: 'u', count: 6_000 }], { validateOnly: true })
    expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 37])
  })
})
