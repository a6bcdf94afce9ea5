import { describe, expect, test } from 'vitest'
import { isLoopback, parseListeners } from '../../src/config/listeners.ts'

function parse(listeners: string, advertised = '', map = 'PLAINTEXT:PLAINTEXT') {
  const split = (text: string): string[] => (text === '' ? [] : text.split(','))
  const problems: string[] = []
  const parsed = parseListeners(
    {
      listeners: split(listeners),
      'advertised.listeners': split(advertised),
      'listener.security.protocol.map': split(map)
    },
    problems
  )
  return { ...parsed, problems }
}

describe('addresses', () => {
  test.each([
    ['PLAINTEXT://127.0.0.1:9092', '127.0.0.1', 9092],
    ['plaintext://broker-1.example.com:0', 'broker-1.example.com', 0],
    ['PLAINTEXT://[::1]:19092', '::1', 19_092],
    ['PLAINTEXT://[fe80::1%eth0]:65535', 'fe80::1%eth0', 65_535]
  ])('%s', (text, host, port) => {
    const { listeners, advertised, problems } = parse(text)
    expect(problems).toEqual([])
    expect(listeners).toEqual([{ name: 'PLAINTEXT', host, port }])
    expect(advertised).toEqual([{ host, port }])
  })

  test.each([
    '127.0.0.1:9092',
    'PLAINTEXT://127.0.0.1',
    'PLAINTEXT://host:65536',
    'PLAINTEXT://::1:9092',
    'PLAINTEXT://host:-1',
    'PLAINTEXT://a b:1',
    '://host:1',
    'PLAINTEXT://host:1/path'
  ])('%s is refused', text => {
    const { problems } = parse(text)
    expect(problems).toEqual([
      `listeners has "${text}": must be NAME://host:port, such as PLAINTEXT://127.0.0.1:9092; port 0 … 65535`
    ])
  })

  test('there is at least one', () => {
    expect(parse('').problems).toEqual(['listeners is empty: give at least one, NAME://host:port'])
  })
})

describe('advertised addresses', () => {
  const map = 'INTERNAL:PLAINTEXT, EXTERNAL:plaintext'

  test('go by name and stand in the order of the listeners', () => {
    const { advertised, problems } = parse(
      'INTERNAL://0.0.0.0:9092,EXTERNAL://0.0.0.0:9093',
      'EXTERNAL://kafka.example.com:443,INTERNAL://broker:9092',
      map
    )
    expect(problems).toEqual([])
    expect(advertised).toEqual([
      { host: 'broker', port: 9092 },
      { host: 'kafka.example.com', port: 443 }
    ])
  })

  test('a listener without one advertises itself', () => {
    const { advertised, problems } = parse('INTERNAL://10.0.0.1:9092,EXTERNAL://:9093', 'EXTERNAL://me:1', map)
    expect(problems).toEqual([])
    expect(advertised).toEqual([
      { host: '10.0.0.1', port: 9092 },
      { host: 'me', port: 1 }
    ])
  })

  test.each(['PLAINTEXT://0.0.0.0:9092', 'PLAINTEXT://:9092', 'PLAINTEXT://[::]:9092'])(
    '%s alone cannot be advertised',
    text => {
      const { problems } = parse(text)
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain('listeners has PLAINTEXT://')
      expect(problems[0]).toContain('set advertised.listeners to PLAINTEXT://HOST:9092')
    }
  )

  test('every interface is no address to advertise either', () => {
    const { problems } = parse('PLAINTEXT://0.0.0.0:9092', 'PLAINTEXT://0.0.0.0:9092')
    expect(problems[0]).toMatch(
      /^advertised\.listeners has PLAINTEXT:\/\/0\.0\.0\.0:9092, an address that clients cannot/
    )
  })

  test('one without a listener is refused', () => {
    expect(parse('PLAINTEXT://a:1', 'OTHER://b:2').problems).toEqual([
      'advertised.listeners has OTHER, which is not in listeners: give both or neither'
    ])
  })
})

describe('names and protocols', () => {
  test('a name other than PLAINTEXT needs its protocol', () => {
    expect(parse('INSIDE://a:1').problems).toEqual([
      'listeners has INSIDE, whose protocol is not known: name it PLAINTEXT or add INSIDE:PLAINTEXT to ' +
        'listener.security.protocol.map'
    ])
  })

  test('protocols that are not served are refused, not ignored', () => {
    expect(parse('SASL_SSL://a:1', '', 'SASL_SSL:SASL_SSL').problems).toEqual([
      'listener.security.protocol.map has "SASL_SSL:SASL_SSL": must be NAME:PLAINTEXT; ' +
        'this version serves no other protocol'
    ])
  })

  test('names and ports are used once, free ports apart', () => {
    expect(parse('PLAINTEXT://a:1,PLAINTEXT://b:2').problems).toEqual([
      'listeners has PLAINTEXT twice: give each listener a name of its own'
    ])
    const map = 'A:PLAINTEXT,B:PLAINTEXT'
    expect(parse('A://h:1,B://h:1', '', map).problems).toEqual([
      'listeners has h:1 twice, again for B: give it another port'
    ])
    expect(parse('A://h:0,B://h:0', '', map).problems).toEqual([])
  })
})

test('loopback addresses', () => {
  for (const host of ['127.0.0.1', '127.5.6.7', 'localhost', '::1']) expect(isLoopback(host)).toBe(true)
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com']) expect(isLoopback(host)).toBe(false)
})
