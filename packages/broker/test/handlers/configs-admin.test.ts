import { beforeEach, describe, expect, test } from 'vitest'
import { describeConfigsHandler } from '../../src/handlers/32-describe-configs.ts'
import { alterConfigsHandler } from '../../src/handlers/33-alter-configs.ts'
import { incrementalAlterConfigsHandler } from '../../src/handlers/44-incremental-alter-configs.ts'
import { listConfigResourcesHandler } from '../../src/handlers/74-list-config-resources.ts'
import { call, openAdmin } from './admin-harness.ts'

const TOPIC = 2
const BROKER = 4
const LOGGER = 8
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

let admin: Awaited<ReturnType<typeof openAdmin>>
beforeEach(async () => {
  admin = await openAdmin({ 'log.roll.hours': '2' })
})

const dependencies = () => ({ ...admin, nodeId: 1 })

interface Described {
  readonly type?: number
  readonly name?: string
  readonly keys?: string[] | null
  readonly version?: number
  readonly synonyms?: boolean
  readonly docs?: boolean
}

async function describeOne({ type = TOPIC, name = 't', keys = null, ...options }: Described = {}) {
  const { version = 4, synonyms = false, docs = false } = options
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: keys }]
  const body = { resources, includeSynonyms: synonyms, includeDocumentation: version >= 3 && docs }
  const { results } = await call(describeConfigsHandler(dependencies()), version, body)
  expect(results).toHaveLength(1)
  return results[0] as (typeof results)[number]
}

async function valueOf(options: Described & { readonly key: string }): Promise<string | null | undefined> {
  const { configs } = await describeOne({ ...options, keys: [options.key] })
  return configs[0]?.value
}

describe('DescribeConfigs', () => {
  test.each([1, 2, 3, 4])(
    'version %d shows every topic setting, with sources and nothing that was not asked',
    async version => {
      const { configs, errorCode } = await describeOne({ version })
      expect(errorCode).toBe(0)
      expect(configs).toHaveLength(34)
      const shown = new Map(configs.map(config => [config.name, config]))
      expect(shown.get('retention.ms')).toEqual({
        name: 'retention.ms',
        value: '5',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
        synonyms: [],
        configType: version >= 3 ? 5 : 0,
        documentation: version >= 3 ? null : ''
      })
      expect(shown.get('segment.ms')).toMatchObject({ value: '7200000', configSource: 4 })
    }
  )

  test('synonyms and documentation when asked', async () => {
    const { configs } = await describeOne({ keys: ['retention.ms'], synonyms: true, docs: true })
    expect(configs[0]?.synonyms).toEqual([
      { name: 'retention.ms', value: '5', source: 1 },
      { name: 'log.retention.hours', value: '168', source: 5 }
    ])
    expect(configs[0]?.documentation).toBe('How long records are kept; -1 is for ever.')
  })

  test('keys select; unknown ones are left out, and an empty list is all', async () => {
    const { configs } = await describeOne({ keys: ['retention.ms', 'nope', 'flush.policy', 'retention.ms'] })
    expect(configs.map(({ name }) => name)).toEqual(['flush.policy', 'retention.ms'])
    expect((await describeOne({ keys: [] })).configs).toHaveLength(34)
  })

  test('a broker, and the default of all brokers', async () => {
    const own = await describeOne({ type: BROKER, name: '1' })
    const shown = new Map(own.configs.map(config => [config.name, config]))
    expect(shown.get('log.roll.hours')).toMatchObject({ value: '2', configSource: 4, readOnly: true })
    expect(shown.get('log.segment.bytes')).toMatchObject({ configSource: 5, readOnly: false })
    expect((await describeOne({ type: BROKER, name: '' })).configs).toEqual([])
  })

  test.each([
    ['an unknown topic', { name: 'u' }, 3],
    ['a name that no topic can have', { name: 'a/b' }, 17],
    ['a topic without a name', { name: '' }, 42],
    ['another broker', { type: BROKER, name: '2' }, 42],
    ['a broker that is no number', { type: BROKER, name: 'x' }, 42],
    ['a broker by another spelling', { type: BROKER, name: '01' }, 42],
    ['a logger', { type: LOGGER, name: '1' }, 42],
    ['an unknown type', { type: 99 }, 42]
  ])('%s', async (_, options, errorCode) => {
    const result = await describeOne(options)
    expect(result).toMatchObject({ errorCode, configs: [] })
    expect(result.errorMessage).not.toBeNull()
  })

  test('a resource named twice costs nothing', async () => {
    const resource = { resourceType: TOPIC, resourceName: 't', configurationKeys: null }
    const body = { resources: [resource, resource], includeSynonyms: false, includeDocumentation: false }
    const { results } = await call(describeConfigsHandler(dependencies()), 4, body)
    expect(results.map(({ errorCode, configs }) => [errorCode, configs.length])).toEqual([
      [42, 0],
      [42, 0]
    ])
  })

  test('a sensitive value is null wherever it would stand', async () => {
    const secret = {
      name: 'secret',
      value: 'hunter2',
      isReadOnly: false,
      isSensitive: true,
      source: 4,
      type: 9,
      documentation: null,
      synonyms: [{ name: 'secret', value: 'hunter2', source: 4 }]
    }
    const configs = { ...admin.configs, describeBroker: () => [secret], describeTopic: () => [secret] }
    for (const resource of [
      { resourceType: BROKER, resourceName: '1' },
      { resourceType: TOPIC, resourceName: 't' }
    ]) {
      const body = {
        resources: [{ ...resource, configurationKeys: null }],
        includeSynonyms: true,
        includeDocumentation: true
      }
      const answer = await call(describeConfigsHandler({ ...dependencies(), configs }), 4, body)
      expect(answer.results[0]?.configs[0]).toMatchObject({ name: 'secret', value: null, isSensitive: true })
      expect(JSON.stringify(answer)).not.toContain('hunter2')
    }
  })
})

type Operation = readonly [operation: number, key: string, value: string | null]

async function alterOne(operations: readonly Operation[], options: Described & { validateOnly?: boolean } = {}) {
  const { type = TOPIC, name = 't', version = 1, validateOnly = false } = options
  const configs = operations.map(([configOperation, key, value]) => ({ name: key, configOperation, value }))
  const resources = [{ resourceType: type, resourceName: name, configs }]
  const answer = await call(incrementalAlterConfigsHandler(dependencies()), version, { resources, validateOnly })
  expect(answer.responses).toHaveLength(1)
  return answer.responses[0] as (typeof answer.responses)[number]
}

describe('IncrementalAlterConfigs', () => {
  test.each([0, 1])('version %d sets and takes back single keys, and leaves the others', async version => {
    const answer = await alterOne([[SET, 'segment.ms', '9']], { version })
    expect(answer).toEqual({ errorCode: 0, errorMessage: null, resourceType: TOPIC, resourceName: 't' })
    expect(await valueOf({ key: 'segment.ms' })).toBe('9')
    expect(await valueOf({ key: 'retention.ms' })).toBe('5')
    await alterOne([[DELETE, 'retention.ms', null]], { version })
    expect(await valueOf({ key: 'retention.ms' })).toBe('604800000')
    expect(await valueOf({ key: 'segment.ms' })).toBe('9')
  })

  test('lists grow and shrink, from what the broker has', async () => {
    await alterOne([[APPEND, 'cleanup.policy', 'compact']])
    expect(await valueOf({ key: 'cleanup.policy' })).toBe('delete,compact')
    await alterOne([[APPEND, 'cleanup.policy', 'compact, delete']])
    expect(await valueOf({ key: 'cleanup.policy' })).toBe('delete,compact')
    await alterOne([[SUBTRACT, 'cleanup.policy', 'delete']])
    expect(await valueOf({ key: 'cleanup.policy' })).toBe('compact')
    await alterOne([[SUBTRACT, 'cleanup.policy', 'compact,delete']])
    expect(await valueOf({ key: 'cleanup.policy' })).toBe('')
  })

  test('validate only changes nothing', async () => {
    expect((await alterOne([[SET, 'segment.ms', '9']], { validateOnly: true })).errorCode).toBe(0)
    expect((await alterOne([[SET, 'segment.ms', 'x']], { validateOnly: true })).errorCode).toBe(40)
    expect(await valueOf({ key: 'segment.ms' })).toBe('7200000')
  })

  test.each<[string, Operation[], number, string]>([
    ['an unknown key', [[SET, 'nope', '1']], 40, 'nope is not a topic setting'],
    ['a key of every object', [[SET, '__proto__', '1']], 40, '__proto__ is not'],
    ['an unknown key to take back', [[DELETE, 'nope', null]], 40, 'nope is not a setting'],
    ['an unknown list', [[APPEND, 'nope', '1']], 40, 'nope is not a setting'],
    ['a value out of range', [[SET, 'segment.ms', '0']], 40, 'segment.ms is "0"'],
    ['no value', [[SET, 'segment.ms', null]], 42, 'segment.ms is null'],
    ['nothing to append', [[APPEND, 'cleanup.policy', null]], 42, 'cleanup.policy is null'],
    ['what is no list', [[APPEND, 'segment.ms', '1']], 40, 'segment.ms is not a list'],
    ['a wrong item', [[APPEND, 'cleanup.policy', 'shred']], 40, 'must be a comma-separated list of delete, compact'],
    ['an unknown operation', [[9, 'segment.ms', '1']], 42, 'operation 9'],
    [
      'a key twice',
      [
        [SET, 'segment.ms', '1'],
        [DELETE, 'segment.ms', null]
      ],
      42,
      'segment.ms appears twice'
    ],
    [
      'one good and one bad',
      [
        [SET, 'retention.ms', '9'],
        [SET, 'segment.ms', '0']
      ],
      40,
      'segment.ms is "0"'
    ],
    [
      'values that contradict each other',
      [
        [SET, 'min.compaction.lag.ms', '9'],
        [SET, 'max.compaction.lag.ms', '8']
      ],
      40,
      'must be at most max.compaction.lag.ms'
    ]
  ])('%s is refused as a whole', async (_, operations, errorCode, message) => {
    const answer = await alterOne(operations)
    expect(answer.errorCode).toBe(errorCode)
    expect(answer.errorMessage).toContain(message)
    expect([...admin.image.configsOf('topic', 't')]).toEqual([['retention.ms', '5']])
  })

  test.each([
    ['a topic that is not there', { name: 'u' }, 3],
    ['another broker', { type: BROKER, name: '9' }, 42],
    ['a logger', { type: LOGGER, name: '1' }, 42]
  ])('%s', async (_, options, errorCode) => {
    expect((await alterOne([[SET, 'segment.ms', '9']], options)).errorCode).toBe(errorCode)
  })

  test('broker settings: own over those of all, only what may change, and topics follow', async () => {
    const ofBroker = { type: BROKER, name: '1' }
    const ofAll = { type: BROKER, name: '' }
    expect((await alterOne([[SET, 'log.retention.bytes', '20']], ofAll)).errorCode).toBe(0)
    expect(await valueOf({ key: 'retention.bytes' })).toBe('20')
    expect((await alterOne([[SET, 'log.retention.bytes', '10']], ofBroker)).errorCode).toBe(0)
    expect(await valueOf({ key: 'retention.bytes' })).toBe('10')
    const { configs } = await describeOne({ ...ofBroker, keys: ['log.retention.bytes'], synonyms: true })
    expect(configs[0]?.synonyms.map(({ value, source }) => [value, source])).toEqual([
      ['10', 2],
      ['20', 3],
      ['-1', 5]
    ])
    const shared = await describeOne(ofAll)
    expect(shared.configs).toMatchObject([{ name: 'log.retention.bytes', value: '20', configSource: 3 }])
    await alterOne([[DELETE, 'log.retention.bytes', null]], ofBroker)
    expect(await valueOf({ key: 'retention.bytes' })).toBe('20')
    for (const name of ['log.dirs', 'node.id', 'listeners', 'nope']) {
      expect((await alterOne([[SET, name, '1']], ofBroker)).errorCode).toBe(40)
    }
  })

  test('each resource is answered by itself, and one named twice is not changed', async () => {
    const one = (resourceName: string) => ({
      resourceType: TOPIC,
      resourceName,
      configs: [{ name: 'segment.ms', configOperation: SET, value: '9' }]
    })
    const body = { resources: [one('t'), one('u'), one('t')], validateOnly: false }
    const { responses } = await call(incrementalAlterConfigsHandler(dependencies()), 1, body)
    expect(responses.map(({ resourceName, errorCode }) => [resourceName, errorCode])).toEqual([
      ['t', 42],
      ['u', 3],
      ['t', 42]
    ])
    expect(await valueOf({ key: 'segment.ms' })).toBe('7200000')
  })
})

describe('AlterConfigs', () => {
  const replace = async (configs: { name: string; value: string | null }[], options: Described = {}) => {
    const { type = TOPIC, name = 't', version = 2 } = options
    const resources = [{ resourceType: type, resourceName: name, configs }]
    const { responses } = await call(alterConfigsHandler(dependencies()), version, { resources, validateOnly: false })
    return responses[0] as (typeof responses)[number]
  }

  test.each([0, 1, 2])('version %d replaces the whole set', async version => {
    expect((await replace([{ name: 'segment.ms', value: '9' }], { version })).errorCode).toBe(0)
    expect([...admin.image.configsOf('topic', 't')]).toEqual([['segment.ms', '9']])
    expect((await replace([], { version })).errorCode).toBe(0)
    expect(admin.image.configsOf('topic', 't').size).toBe(0)
  })

  test.each([
    ['an unknown key', [{ name: 'nope', value: '1' }], 40],
    ['a wrong value', [{ name: 'segment.ms', value: '0' }], 40],
    ['a null', [{ name: 'segment.ms', value: null }], 42],
    [
      'a key twice',
      [
        { name: 'segment.ms', value: '1' },
        { name: 'segment.ms', value: '1' }
      ],
      42
    ]
  ])('%s changes nothing', async (_, configs, errorCode) => {
    expect((await replace(configs)).errorCode).toBe(errorCode)
    expect([...admin.image.configsOf('topic', 't')]).toEqual([['retention.ms', '5']])
  })

  test('brokers', async () => {
    const configs = [{ name: 'message.max.bytes', value: '9' }]
    expect((await replace(configs, { type: BROKER, name: '1' })).errorCode).toBe(0)
    expect((await replace([{ name: 'node.id', value: '9' }], { type: BROKER, name: '1' })).errorCode).toBe(40)
    expect([...admin.image.configsOf('broker', '1')]).toEqual([['message.max.bytes', '9']])
  })
})

describe('ListConfigResources', () => {
  const list = (version: number, resourceTypes: number[] = []) =>
    call(listConfigResourcesHandler(admin), version, version === 0 ? {} : { resourceTypes })

  test('version 0 lists client metrics, of which there are none', async () => {
    expect(await list(0)).toMatchObject({ errorCode: 0, configResources: [] })
  })

  test('version 1 lists what is asked for, or all', async () => {
    const topic = { resourceName: 't', resourceType: TOPIC }
    const broker = { resourceName: '1', resourceType: BROKER }
    expect((await list(1)).configResources).toEqual([topic, broker])
    expect((await list(1, [TOPIC])).configResources).toEqual([topic])
    expect((await list(1, [BROKER, BROKER])).configResources).toEqual([broker])
    expect((await list(1, [16, 32])).configResources).toEqual([])
    expect(await list(1, [TOPIC, 99])).toMatchObject({ errorCode: 35, configResources: [] })
  })
})
