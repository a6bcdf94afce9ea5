import { WireReader } from '../primitives/wire-reader.ts'
import { WireWriter } from '../primitives/wire-writer.ts'
import type { ApiSchema, Input } from '../schema/index.ts'
import { withLength } from './request-frame.ts'

const API_VERSIONS_KEY = 18

/**
 * Response header v1 has tagged fields. ApiVersions always answers with v0, in flexible versions too: a client that
 * asks for a version above ours must be able to read the answer (KIP-511).
 */
function hasTaggedHeader(api: ApiSchema<unknown, unknown>, version: number): boolean {
  return api.key !== API_VERSIONS_KEY && version >= api.response.flexibleFrom
}

export interface ResponseFrame<Res> {
  readonly api: ApiSchema<unknown, Res>
  readonly version: number
  readonly correlationId: number
  readonly body: Input<Res>
}

/** A whole response, its length in front. Throws EncodeError, or RangeError for a version the API lacks. */
export function encodeResponseFrame<Res>(frame: ResponseFrame<Res>): Buffer[] {
  const { api, version } = frame
  const writer = new WireWriter()
  writer.int32(0)
  writer.int32(frame.correlationId)
  if (hasTaggedHeader(api, version)) writer.unsignedVarint(0)
  api.response.encode(writer, frame.body, version)
  return withLength(writer)
}

/** Decodes a frame's body (without its length bytes) to the last byte. Throws DecodeError. */
export function decodeResponse<Res>(
  api: ApiSchema<unknown, Res>,
  version: number,
  frameBody: Buffer
): { readonly correlationId: number; readonly body: Res } {
  const reader = new WireReader(frameBody)
  const correlationId = reader.int32()
  if (hasTaggedHeader(api, version)) reader.skipTaggedFields()
  const body = api.response.decode(reader, version)
  reader.finish()
  return { correlationId, body }
}
