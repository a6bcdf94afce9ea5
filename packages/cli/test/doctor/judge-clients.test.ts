import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, parseVersion, softwareOf } from '../../src/doctor/client-software.ts'
import { judgeClients } from '../../src/doctor/judge-clients.ts'
import { CLIENT_PROBLEMS } from '../../src/doctor/known-clients.ts'
import { admin, DEAD_ADMIN, gathered } from './facts.ts'

const IDEMPOTENT = 'streambus_request_versions_total{api="InitProducerId",version="4"} 1\n'
const CONSUMER_PROTOCOL = 'streambus_request_versions_total{api="ConsumerGroupHeartbeat",version="1"} 9\n'
const UNSUPPORTED = 'streambus_request_parse_errors_total{reason="unsupported_version"} 1\n'

function judge(text: string) {
  return judgeClients(gathered({ admin: admin(text) }))
}

function connected(name: string, version: string, signs = ''): string[] {
  const text = `${signs}streambus_client_software_connections{name="${name}",version="${version}"} 2`
  return judge(text)
    .filter(({ state }) => state === 'warning')
    .map(({ found }) => found)
}

describe('clients', () => {
  it('are skipped without metrics, ok while nothing is known against them', () => {
    expect(judgeClients(gathered({ admin: DEAD_ADMIN }))).toMatchObject([{ state: 'skipped' }])
    expect(judge('streambus_client_software_connections{name="",version=""} 0')).toMatchObject([{ state: 'ok' }])
    expect(judge('streambus_client_software_connections{name="librdkafka",version="2.15.0"} 2')).toMatchObject([
      { state: 'ok', found: 'nothing is known against librdkafka 2.15.0 (2)' }
    ])
  })

  it.each([
    ['librdkafka', '2.2.9', IDEMPOTENT, /#4438/],
    ['librdkafka', '2.4.1', IDEMPOTENT, /#4736/],
    ['confluent-kafka-python', '9.9.9-rdkafka-2.6.0', '', /#4783/],
    ['confluent-kafka-javascript', '1.3.0-librdkafka-2.10.0', '', /#5088/],
    ['librdkafka', '2.13.0', '', /#4844/],
    ['librdkafka', '2.11.1', CONSUMER_PROTOCOL, /preview/],
    ['librdkafka', '2.14.2', CONSUMER_PROTOCOL, /#5541/],
    ['apache-kafka-java', '3.9.1', '', /KAFKA-19012/],
    ['apache-kafka-java', '4.1.1', '', /KAFKA-19012/],
    ['apache-kafka-java', '3.1.0', '', /KAFKA-13598/],
    ['sarama', 'v1.43.3', UNSUPPORTED, /IBM\/sarama#1916/]
  ])('%s %s have a known problem', (name, version, signs, found) => {
    expect(connected(name, version, signs)).toContainEqual(expect.stringMatching(found))
  })

  it.each([
    ['apache-kafka-java', '3.9.2', ''],
    ['apache-kafka-java', '4.0.2', ''],
    ['apache-kafka-java', '4.2.0', ''],
    ['apache-kafka-java', '2.7.9', ''],
    ['apache-kafka-java', '7.5.0-ccs', ''],
    ['sarama', 'v1.46.0', ''],
    ['sarama', 'v1.43.3', ''],
    ['librdkafka', '2.15.0', IDEMPOTENT + CONSUMER_PROTOCOL],
    ['librdkafka', 'unknown', IDEMPOTENT],
    ['streambus', '0.1.0', IDEMPOTENT]
  ])('%s %s have none', (name, version, signs) => {
    expect(connected(name, version, signs).filter(found => found.includes(name))).toEqual([])
  })

  it('need a sign of idempotence or of the consumer protocol where a problem is about that', () => {
    expect(connected('librdkafka', '2.4.0')).not.toContainEqual(expect.stringMatching(/#4736/))
    expect(connected('librdkafka', '2.14.0')).toEqual([])
  })

  it('that do not say what they are may be KafkaJS: compression and sequences', () => {
    const nameless = 'streambus_request_versions_total{api="ApiVersions",version="2"} 1\n'
    const named = 'streambus_request_versions_total{api="ApiVersions",version="3"} 1\n'
    const zstd = 'streambus_produce_batches_total{codec="zstd"} 1\n'
    const gzip = 'streambus_produce_batches_total{codec="gzip"} 1\n'
    const sequence = 'streambus_producer_out_of_order_total 3\n'
    expect(judge(nameless + zstd)).toMatchObject([{ state: 'warning', found: expect.stringContaining('kafkajs#1475') }])
    expect(judge(nameless + sequence)).toMatchObject([
      { state: 'warning', found: expect.stringContaining('kafkajs#598') }
    ])
    expect(judge(nameless + gzip)).toMatchObject([{ state: 'ok' }])
    expect(judge(named + zstd + sequence)).toMatchObject([{ state: 'ok' }])
  })

  it.each([
    ['streambus_request_parse_errors_total{reason="malformed"} 2', /could not be read/],
    ['streambus_request_parse_errors_total{reason="unknown_api"} 2', /not served/],
    ['streambus_request_parse_errors_total{reason="unsupported_version"} 2', /not served/],
    ['streambus_connections_closed_total{listener="L",reason="frame_size"} 2', /first bytes/]
  ])('that were not understood are counted: %s', (text, found) => {
    expect(judge(text)).toMatchObject([{ state: 'warning', found: expect.stringMatching(found) }])
    expect(judge(text.replace(/\d$/, '0'))).toMatchObject([{ state: 'ok' }])
  })
})

describe('software versions', () => {
  it('are read from what clients send, bindings as what is underneath', () => {
    expect(softwareOf('confluent-kafka-python', '2.2.0-rdkafka-2.3.1')).toEqual({
      library: 'librdkafka',
      version: [2, 3, 1]
    })
    expect(softwareOf('x', '1.0-librdkafka-v2.8')).toEqual({ library: 'librdkafka', version: [2, 8, 0] })
    expect(softwareOf('Sarama', 'v1.43.3')).toEqual({ library: 'sarama', version: [1, 43, 3] })
    expect(softwareOf('apache-kafka-java', '7.5.0-ccs')).toBeNull()
    expect(softwareOf('x', 'dev')).toBeNull()
  })

  it('are ordered as numbers, not as text', () => {
    const version = fc.tuple(fc.nat(9999), fc.nat(9999), fc.nat(9999))
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [first, second] = [parseVersion(a.join('.')), parseVersion(b.join('.'))]
        const oracle = (a[0] - b[0]) * 1e8 + (a[1] - b[1]) * 1e4 + (a[2] - b[2])
        expect(Math.sign(compareVersions(first ?? [0, 0, 0], second ?? [0, 0, 0]))).toBe(Math.sign(oracle))
      })
    )
  })

  it('of the table are versions in order, and each row has a source', () => {
    for (const { versions, source } of CLIENT_PROBLEMS) {
      expect(source).toMatch(/#\d{4}|KAFKA-\d{5}|CHANGELOG/)
      for (const [from, before] of versions) {
        expect(compareVersions(parseVersion(from) ?? [9, 9, 9], parseVersion(before) ?? [0, 0, 0])).toBeLessThan(0)
      }
    }
  })
})
