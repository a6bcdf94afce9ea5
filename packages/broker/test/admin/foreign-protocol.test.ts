import { apis, encodeRequestFrame } from '@streambus/protocol'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recognise } from '../../src/admin/foreign-protocol.ts'

describe('recognise', () => {
  it('tells the first request of a Kafka client, at every version of ApiVersions', () => {
    const api = apis.apiVersions
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      const body = { clientSoftwareName: 'librdkafka', clientSoftwareVersion: '2.0' }
      const request = { api, version, correlationId: 1, clientId: 'rdkafka', body }
      const frame = Buffer.concat(encodeRequestFrame(request))
      expect(recognise(frame), `v${version}`).toBe('kafka')
    }
  })

  it('tells a TLS handshake', () => {
    expect(recognise(Buffer.from('16030100c8010000c4', 'hex'))).toBe('tls')
  })

  it('takes no text for Kafka', () => {
    expect(recognise(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('unknown')
    expect(recognise(Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'))).toBe('unknown')
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void recognise(Buffer.from(bytes))))
  })
})
