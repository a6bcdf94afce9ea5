import {
  type AnyApi,
  type ApiVersionsResponse,
  apiVersionsApi,
  decodeResponse,
  Errors,
  type VersionRange
} from '@streambus/protocol'
import { type Address, formatAddress } from './address.ts'
import { notKafkaError, WireError } from './errors.ts'

const CORRELATION_ID_BYTES = 4

/** What the peer advertises, by API key. */
export type PeerVersions = ReadonlyMap<number, VersionRange>

/**
 * Decodes an answer to ApiVersions. A peer older than the version asked for answers in format v0 with
 * UNSUPPORTED_VERSION (KIP-511); the error code stands at the same place in all formats, which tells them apart.
 */
export function decodeApiVersions(version: number, frame: Buffer): ApiVersionsResponse {
  const isFallback =
    frame.length >= CORRELATION_ID_BYTES + 2 &&
    frame.readInt16BE(CORRELATION_ID_BYTES) === Errors.UNSUPPORTED_VERSION.code
  return decodeResponse(apiVersionsApi, isFallback ? 0 : version, frame).body
}

/** Sends one ApiVersions request; the answer may carry UNSUPPORTED_VERSION. */
export type AskVersions = (version: number) => Promise<ApiVersionsResponse>

/**
 * Asks with our highest version, and a second time with the one that the peer names when that was too high (v0 when
 * it names none, as before KIP-511). Throws WireError when the peer refuses both.
 */
export async function negotiate(address: Address, ask: AskVersions): Promise<PeerVersions> {
  let response = await ask(apiVersionsApi.versions.max)
  if (response.errorCode === Errors.UNSUPPORTED_VERSION.code) {
    const own = response.apiKeys.find(entry => entry.apiKey === apiVersionsApi.key)
    response = await ask(Math.max(0, Math.min(own?.maxVersion ?? 0, apiVersionsApi.versions.max)))
  }
  if (response.errorCode !== 0) {
    throw notKafkaError(address, `it answers ApiVersions with error ${response.errorCode}`)
  }
  return new Map(response.apiKeys.map(entry => [entry.apiKey, { min: entry.minVersion, max: entry.maxVersion }]))
}

/** The highest version that both sides speak, or null. */
export function highestCommonVersion(api: Pick<AnyApi, 'key' | 'accepted'>, peer: PeerVersions): number | null {
  const range = peer.get(api.key)
  if (range === undefined) return null
  const version = Math.min(range.max, api.accepted.max)
  return version >= range.min && version >= api.accepted.min ? version : null
}

/** Names both ranges and which side is the older one. */
export function unsupportedError(
  address: Address,
  api: Pick<AnyApi, 'key' | 'name' | 'accepted'>,
  peer: PeerVersions
): WireError {
  const range = peer.get(api.key)
  const theirs = range === undefined ? 'not at all' : `in versions ${range.min}–${range.max}`
  const older = range === undefined || range.max < api.accepted.min ? 'broker' : 'client'
  const ours = `${api.accepted.min}–${api.accepted.max}`
  const said = `the broker at ${formatAddress(address)} speaks ${api.name} ${theirs}, we speak versions ${ours}`
  return new WireError('unsupported', address, `${said}; use a newer ${older}`)
}
