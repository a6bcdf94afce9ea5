import { describe, expect, test } from 'vitest'
import { CLOSED_BY_PEER } from '../../src/net/connection.ts'
import { bindConnectionLines } from '../../src/observability/bind-connection-lines.ts'
import { RepeatedLines } from '../../src/observability/repeated-lines.ts'
import type { Peer } from '../../src/pipeline/exchange.ts'
import { capturedLog } from './captured-log.ts'
import { ManualClock } from './manual-clock.ts'

const PEER: Peer = {
  connectionId: 7,
  host: '10.0.0.9',
  port: 50_000,
  software: { name: 'lib\nrdkafka', version: '2.0.2' },
  advertised: { host: 'b', port: 9092 }
}

function setup() {
  const { log, lines } = capturedLog()
  const events = bindConnectionLines('PLAINTEXT', log, new RepeatedLines(new ManualClock()))
  return { events, lines }
}

describe('lines about connections', () => {
  test('are at debug for what clients do', () => {
    const { events, lines } = setup()
    events.opened(PEER)
    events.closed(PEER, { reason: 'client', detail: CLOSED_BY_PEER, request: null })
    expect(lines.map(({ level, fields }) => [level, fields['event'], fields['connection_id']])).toEqual([
      ['debug', 'client_connected', 7],
      ['debug', 'client_disconnected', 7]
    ])
    expect(lines[1]?.fields['client_software']).toBe('lib\u{fffd}rdkafka 2.0.2')
  })

  test('name the request that made the broker close one', () => {
    const { events, lines } = setup()
    const request = { api: 'Produce', correlationId: 42, clientId: 'c\u001b' }
    events.closed(PEER, { reason: 'malformed', detail: 'malformed: too short', request })
    events.closed(PEER, { reason: 'idle', detail: 'idle for 5 ms', request: null })
    expect(lines[0]).toMatchObject({
      level: 'info',
      fields: { event: 'connection_closed', request_id: '7-42', api: 'Produce', client_id: 'c\u{fffd}' }
    })
    expect(lines[1]?.fields).not.toHaveProperty('request_id')
  })

  test('about refused ones are limited', () => {
    const { events, lines } = setup()
    for (let i = 0; i < 100; i++) events.rejected('10.0.0.9', 'connections-max')
    expect(lines).toHaveLength(10)
    expect(lines[0]).toMatchObject({
      level: 'warn',
      fields: { event: 'connection_refused', reason: 'connections-max' }
    })
  })
})
