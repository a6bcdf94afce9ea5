import { describe, expect, test } from 'vitest'
import { describeBroker, describeTopic, describeTopicDefaults, ownSettingsProblem } from '../../src/config/describe.ts'
import { type DynamicLayers, dynamicProblem, effectiveValues } from '../../src/config/dynamic.ts'
import { type Config, loadConfig } from '../../src/config/load.ts'
import { SETTING_NAMES } from '../../src/config/schema.ts'

function layers(broker: Record<string, string> = {}, clusterDefault: Record<string, string> = {}): DynamicLayers {
  return { broker: new Map(Object.entries(broker)), clusterDefault: new Map(Object.entries(clusterDefault)) }
}

function load(flags: Record<string, string> = {}): Promise<Config> {
  return loadConfig({ flags })
}

describe('values in force', () => {
  test('dynamic of the broker, dynamic of all, static, default', async () => {
    const config = await load({ 'message.max.bytes': '1' })
    const inForce = (dynamic: DynamicLayers): number => effectiveValues(config, dynamic)['message.max.bytes']
    expect(inForce(layers({ 'message.max.bytes': '3' }, { 'message.max.bytes': '2' }))).toBe(3)
    expect(inForce(layers({}, { 'message.max.bytes': '2' }))).toBe(2)
    expect(inForce(layers())).toBe(1)
    expect(effectiveValues(await load(), layers())['message.max.bytes']).toBe(1_048_588)
  })

  test('what cannot be read or may not change counts as not set', async () => {
    const config = await load()
    const dynamic = layers({ 'message.max.bytes': 'x', 'num.partitions': '9' }, { 'message.max.bytes': '2' })
    const values = effectiveValues(config, dynamic)
    expect(values['message.max.bytes']).toBe(2)
    expect(values['num.partitions']).toBe(1)
    expect(Object.isFrozen(values)).toBe(true)
  })
})

describe('what may change at run time', () => {
  test.each([
    ['log.retention.ms', '5', null],
    ['log.retention.ms', null, null],
    ['log.retention.ms', 'x', 'log.retention.ms is "x": must be a whole number from -1 to 9223372036854775807'],
    ['log.dirs', '/x', 'log.dirs cannot be changed while the broker runs: set it in its configuration and restart it'],
    ['log.dirs', null, 'log.dirs cannot be changed while the broker runs: set it in its configuration and restart it'],
    ['log.retention', '5', 'log.retention is not a broker setting (did you mean log.retention.ms?)'],
    ['__proto__', '5', '__proto__ is not a broker setting']
  ])('%s to %j', (name, text, problem) => {
    expect(dynamicProblem(name, text)).toBe(problem)
  })

  test('all settings of a resource are judged together', () => {
    expect(ownSettingsProblem('broker', new Map([['log.retention.ms', '5']]))).toBeNull()
    expect(ownSettingsProblem('broker', new Map([['node.id', '5']]))).toContain('cannot be changed')
    expect(ownSettingsProblem('topic', new Map([['retention.ms', '5']]))).toBeNull()
    expect(ownSettingsProblem('topic', new Map([['node.id', '5']]))).toContain('is not a topic setting')
  })
})

describe('as the protocol shows them', () => {
  test('a broker setting with every place that gives it a value', async () => {
    const config = await load({ 'message.max.bytes': '2000', 'node.id': '3' })
    const dynamic = layers({ 'message.max.bytes': '4000' }, { 'message.max.bytes': '3000' })
    const rows = describeBroker(config, dynamic)
    expect(rows.map(({ name }) => name)).toEqual(SETTING_NAMES)
    const name = 'message.max.bytes'
    expect(rows.find(row => row.name === name)).toEqual({
      name,
      value: '4000',
      isReadOnly: false,
      isSensitive: false,
      source: 2,
      type: 3,
      documentation: 'Largest record batch, as it arrives and as it is stored.',
      synonyms: [
        { name, value: '4000', source: 2 },
        { name, value: '3000', source: 3 },
        { name, value: '2000', source: 4 },
        { name, value: '1048588', source: 5 }
      ]
    })
    expect(rows.find(row => row.name === 'node.id')).toMatchObject({ value: '3', isReadOnly: true, source: 4, type: 3 })
    expect(rows.find(row => row.name === 'log.retention.ms')).toMatchObject({ value: null, source: 5, synonyms: [] })
  })

  test('a topic setting shows the broker settings behind it, in their own names and units', async () => {
    const config = await load({ 'log.retention.hours': '1' })
    const defaults = describeTopicDefaults(config, layers({}, { 'log.retention.ms': '7' }))
    const rows = describeTopic(defaults, new Map([['retention.ms', ' 5 ']]))
    expect(rows.find(row => row.name === 'retention.ms')).toMatchObject({
      value: '5',
      source: 1,
      type: 5,
      isReadOnly: false,
      synonyms: [
        { name: 'retention.ms', value: '5', source: 1 },
        { name: 'log.retention.ms', value: '7', source: 3 },
        { name: 'log.retention.hours', value: '1', source: 4 },
        { name: 'log.retention.hours', value: '168', source: 5 }
      ]
    })
    expect(defaults.find(row => row.name === 'retention.ms')).toMatchObject({ value: '7', source: 3 })
    expect(describeTopicDefaults(config, layers()).find(row => row.name === 'retention.ms')).toMatchObject({
      value: '3600000',
      source: 4
    })
  })

  test('settings that only topics have show their own default; own ones that cannot be read do not count', async () => {
    const defaults = describeTopicDefaults(await load(), layers())
    expect(describeTopic(defaults, new Map())).toBe(defaults)
    const rows = describeTopic(defaults, new Map([['segment.ms', 'x']]))
    expect(rows).toEqual(defaults)
    expect(rows.find(row => row.name === 'local.retention.ms')).toMatchObject({
      value: '-2',
      source: 5,
      synonyms: [{ name: 'local.retention.ms', value: '-2', source: 5 }]
    })
    expect(rows.find(row => row.name === 'flush.ms')?.value).toBe('9223372036854775807')
  })

  test('types are those of Kafka', async () => {
    const rows = describeTopicDefaults(await load(), layers())
    const types = Object.fromEntries(rows.map(({ name, type }) => [name, type]))
    expect(types).toMatchObject({
      preallocate: 1,
      'compression.type': 2,
      'segment.bytes': 3,
      'segment.ms': 5,
      'min.cleanable.dirty.ratio': 6,
      'cleanup.policy': 7
    })
  })
})
