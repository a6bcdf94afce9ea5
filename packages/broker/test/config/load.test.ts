import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigErrors } from '../../src/config/errors.ts'
import { type ConfigInput, loadConfig } from '../../src/config/load.ts'
import { environmentName, SETTING_NAMES, SETTINGS } from '../../src/config/schema.ts'

/** The problems of a configuration, none when it loads. */
async function problemsOf(input: ConfigInput): Promise<readonly string[]> {
  try {
    await loadConfig(input)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigErrors)
    return (error as ConfigErrors).problems
  }
}

describe('sources', () => {
  test('nothing given is a broker for one machine', async () => {
    const config = await loadConfig({})
    expect(config.listeners).toEqual([{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }])
    expect(config.advertised).toEqual([{ host: '127.0.0.1', port: 9092 }])
    expect(config.adminListener).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(config.values['log.dirs']).toEqual(['./data'])
    expect(config.values['log.flush.policy']).toBe('synced')
    expect(config.sources.size).toBe(0)
    expect(Object.isFrozen(config) && Object.isFrozen(config.values)).toBe(true)
  })

  test('flags win over the environment, which wins over the file', async () => {
    const fileText = 'num.partitions: 2\nmin.insync.replicas: 2\nmessage.max.bytes: 2000'
    const environment = { STREAMBUS_NUM_PARTITIONS: '3', STREAMBUS_MIN_INSYNC_REPLICAS: '3' }
    const config = await loadConfig({ filePath: 'a.yaml', fileText, environment, flags: { 'num.partitions': '4' } })
    expect(config.values['num.partitions']).toBe(4)
    expect(config.values['min.insync.replicas']).toBe(3)
    expect(config.values['message.max.bytes']).toBe(2000)
    expect(Object.fromEntries(config.sources)).toEqual({
      'num.partitions': 'command line',
      'min.insync.replicas': 'environment variable STREAMBUS_MIN_INSYNC_REPLICAS',
      'message.max.bytes': 'a.yaml'
    })
  })

  test('a file may nest, dot, list, and write numbers as YAML does', async () => {
    const fileText = `
# A comment.
log:
  retention.ms: -1
  segment: { bytes: 0x100000 }
  dirs: [/a, /b]
  message.timestamp.before.max.ms: 9223372036854775807
auto.create.topics.enable: false
max.connections: 10
max: { connections.per.ip: 5 }
log.cleaner.min.cleanable.ratio: 0.25
`
    const { values } = await loadConfig({ fileText })
    expect(values['log.retention.ms']).toBe(-1)
    expect(values['log.segment.bytes']).toBe(1_048_576)
    expect(values['log.dirs']).toEqual(['/a', '/b'])
    expect(values['log.message.timestamp.before.max.ms']).toBe(Number.MAX_SAFE_INTEGER)
    expect(values['auto.create.topics.enable']).toBe(false)
    expect(values['max.connections']).toBe(10)
    expect(values['max.connections.per.ip']).toBe(5)
    expect(values['log.cleaner.min.cleanable.ratio']).toBe(0.25)
  })

  test('every setting can be given by its environment variable', async () => {
    for (const name of SETTING_NAMES) {
      const { default: fallback, format } = SETTINGS[name]
      const text = format(fallback as never) ?? '1'
      const config = await loadConfig({ environment: { [environmentName(name)]: text } })
      expect(config.sources.get(name)).toContain(environmentName(name))
    }
  })

  test('variables of other programs are left alone', async () => {
    const environment = {
      PATH: '/bin',
      KAFKA_LOG_DIRS: '/x',
      STREAMBUS_BOOTSTRAP: 'h:1',
      STREAMBUS_ADMIN: 'none',
      STREAMBUS_TEST_DIR: '/tmp',
      STREAMBUS_BENCH_DIR: '/tmp',
      STREAMBUS_KAFKA_CLASSPATH: '/jars',
      STREAMBUS_SERVICE_HOST: '10.0.0.1',
      STREAMBUS_SERVICE_PORT_KAFKA: '9092',
      STREAMBUS_HEADLESS_SERVICE_PORT: '9092',
      STREAMBUS_PORT: 'tcp://10.0.0.1:9092',
      STREAMBUS_PORT_9092_TCP: 'tcp://10.0.0.1:9092',
      STREAMBUS_0_PORT_9092_TCP_ADDR: '10.0.0.1',
      STREAMBUS_NODE_ID: undefined
    }
    expect(await problemsOf({ environment })).toEqual([])
  })
})

describe('errors', () => {
  test('all of them come at once, from every source, also for values that are overridden', async () => {
    const problems = await problemsOf({
      filePath: 'b.yaml',
      fileText: 'num.partitions: zero\nlog.retentoin.ms: 5\ncluster.id:\nlisteners: nonsense\nlog.segment.bytes: 2048',
      environment: { STREAMBUS_LOG_SEGMENT_BYTES: '1', STREAMBUS_LOG_RETENTON_MS: '5', STREAMBUS_PORT: '9093' },
      flags: { 'num.partitions': '4', 'min.isr': '2', 'log.flush.policy': 'never' }
    })
    expect(problems).toEqual([
      'log.retentoin.ms (b.yaml) is not a setting (did you mean log.retention.ms?)',
      'cluster.id has no value (b.yaml): give one or remove the line',
      'environment variable STREAMBUS_LOG_RETENTON_MS is not a setting (did you mean STREAMBUS_LOG_RETENTION_MS?)',
      'environment variable STREAMBUS_PORT is not a setting',
      'min.isr (command line) is not a setting',
      'num.partitions is "zero" (b.yaml): must be a whole number from 1 to 2147483647',
      'log.segment.bytes is "1" (environment variable STREAMBUS_LOG_SEGMENT_BYTES): ' +
        'must be a whole number from 1024 to 2147483647',
      'log.flush.policy is "never" (command line): must be one of synced, os',
      'listeners has "nonsense": must be NAME://host:port, such as PLAINTEXT://127.0.0.1:9092; port 0 … 65535'
    ])
    const error = new ConfigErrors(problems)
    expect(error.message).toMatch(/^the configuration has 9 errors:\n {2}- log\.retentoin/)
    expect(new ConfigErrors(['x']).message).toBe('the configuration has an error:\n  - x')
  })

  test.each([
    ['broker.id', 'use node.id'],
    ['log.dir', 'use log.dirs'],
    ['zookeeper.connect', 'remove it: there is no ZooKeeper'],
    ['process.roles', 'remove it: a broker is its own controller']
  ])("Kafka's %s has a hint", async (name, hint) => {
    expect(await problemsOf({ fileText: `${name}: x` })).toEqual([
      `${name} (the configuration file) is not a setting: ${hint}`
    ])
  })

  test.each([
    ['a list at the top', '- a\n- b', /must hold settings, one "name: value" a line/],
    ['text at the top', 'hello', /must hold settings/],
    ['broken YAML', 'a: [', /^c\.yaml: .* at line 1/],
    ['a key twice', 'num.partitions: 1\nnum.partitions: 2', /^c\.yaml: .*unique/],
    ['a setting nested and dotted', 'num.partitions: 1\nnum: {partitions: 2}', /^num\.partitions is given twice/],
    ['a map as a value', 'num.partitions: {a: 1}', /^num\.partitions\.a \(c\.yaml\) is not a setting/],
    ['maps in a list', 'log.dirs: [{a: 1}]', /^log\.dirs has no value/],
    ['an alias that is not there', 'node.id: *x', /x/],
    ['a setting named by every object', '__proto__: {polluted: 1}', /^__proto__\.polluted \(c\.yaml\) is not a setting/]
  ])('%s', async (_, fileText, problem) => {
    const problems = await problemsOf({ filePath: 'c.yaml', fileText })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  test('no text makes the loader fail in any other way', async () => {
    const keys = fc.constantFrom('num.partitions', 'log.dirs', 'listeners', 'admin.listener', 'x.y')
    const values = fc.oneof(fc.string(), fc.constantFrom('[', '{', '&a', '*a', '!!binary x', '~', '1e999', '"'))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, values), { maxLength: 4 }), fc.string(), async (lines, tail) => {
        const fileText = `${lines.map(([key, value]) => `${key}: ${value}`).join('\n')}\n${tail}`
        expect(Array.isArray(await problemsOf({ fileText }))).toBe(true)
      }),
      { numRuns: 200 }
    )
  })
})

describe('the admin listener', () => {
  test.each(['none', ''])('%j turns it off', async text => {
    expect((await loadConfig({ flags: { 'admin.listener': text } })).adminListener).toBeNull()
  })

  test.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }]
  ])('%s', async (text, address) => {
    expect((await loadConfig({ flags: { 'admin.listener': text } })).adminListener).toEqual(address)
  })

  test.each(['8080', ':8080', 'host', 'host:x', 'host:65536', '::1:8080', 'http://h:1'])(
    '%s is refused',
    async text => {
      expect(await problemsOf({ flags: { 'admin.listener': text } })).toEqual([
        `admin.listener is "${text}": must be host:port, such as 127.0.0.1:8080, or none; port 0 … 65535`
      ])
    }
  )
})

test('directories are given once each, and there is one', async () => {
  expect(await problemsOf({ flags: { 'log.dirs': '/a,/b,/a/' } })).toEqual([
    'log.dirs has /a/ twice: give each directory once'
  ])
  expect(await problemsOf({ flags: { 'log.dirs': './data,data' } })).toEqual([
    'log.dirs has data twice: give each directory once'
  ])
  expect(await problemsOf({ flags: { 'log.dirs': ' , ' } })).toEqual(['log.dirs is empty: give at least one directory'])
})

test('traces are not possible without the times that metrics take', async () => {
  const flags = { 'tracing.otlp.endpoint': 'http://h:4318' }
  expect(await problemsOf({ flags })).toEqual([])
  expect(await problemsOf({ flags: { ...flags, 'metrics.enabled': 'false' } })).toEqual([
    'tracing.otlp.endpoint is "http://h:4318" while metrics.enabled is false: requests are not timed then; leave one of them out'
  ])
})

describe('the address of a collector', () => {
  const problemOf = async (endpoint: string): Promise<string> => {
    const problems = await problemsOf({ flags: { 'tracing.otlp.endpoint': endpoint } })
    return problems.join('\n')
  }

  test.each([
    'http://user:pa55word@host:4318',
    'http://pa55word@host',
    'http://user:pa/55word@host',
    'https://host/v1/traces?key=pa55word',
    'https://host#pa55word',
    'HTTP://user:pa55word@host'
  ])('with a secret is refused without showing it: %s', async endpoint => {
    const problem = await problemOf(endpoint)
    expect(problem).toMatch(/^tracing\.otlp\.endpoint is ".*" \(command line\): must be .*OTEL_EXPORTER_OTLP_HEADERS/)
    expect(problem).not.toMatch(/55word|user:/)
  })

  test('must be one that can be connected to', async () => {
    expect(await problemOf('http://host:99999')).toMatch(/port 1 … 65535/)
    expect(await problemOf('https://[::1]:4318/v1/traces')).toBe('')
  })
})

describe('STREAMBUS_DEBUG', () => {
  const levelOf = async (environment: Record<string, string>, flags = {}): Promise<string> =>
    (await loadConfig({ environment, flags })).values['log.level']

  test('is log.level=debug; only a flag is stronger', async () => {
    expect(await levelOf({ STREAMBUS_DEBUG: 'true' })).toBe('debug')
    expect(await levelOf({ STREAMBUS_DEBUG: '1', STREAMBUS_LOG_LEVEL: 'error' })).toBe('debug')
    expect(await levelOf({ STREAMBUS_LOG_LEVEL: 'error', STREAMBUS_DEBUG: 'false' })).toBe('error')
    expect(await levelOf({ STREAMBUS_DEBUG: '' })).toBe('info')
    expect(await levelOf({ STREAMBUS_DEBUG: 'true' }, { 'log.level': 'warn' })).toBe('warn')
  })

  test('is true or false; a variable that is nearly it is refused as any other', async () => {
    expect(await problemsOf({ environment: { STREAMBUS_DEBUG: 'verbose' } })).toEqual([
      'environment variable STREAMBUS_DEBUG is "verbose": must be true (log.level=debug) or false'
    ])
    expect(await problemsOf({ environment: { STREAMBUS_DEBUGGING: 'true' } })).toHaveLength(1)
  })
})
