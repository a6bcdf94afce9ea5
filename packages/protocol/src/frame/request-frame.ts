import { apiByKey } from '../api.ts'
import { DecodeError } from '../primitives/codec-error.ts'
import type { WireReader } from '../primitives/wire-reader.ts'
import { WireWriter } from '../primitives/wire-writer.ts'
import type { ApiSchema, Input } from '../schema/index.ts'
import { FRAME_LENGTH_BYTES } from './frame-length.ts'

/** Longer client ids are refused: they end up in metrics, logs and quotas. */
export const CLIENT_ID_BYTES_MAX = 255

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** Chosen by the client, echoed as it is; may be negative. */
  readonly correlationId: number
  readonly clientId: string | null
}

export interface RequestFrame<Req> {
  readonly api: ApiSchema<Req, unknown>
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly body: Input<Req>
}

/** A whole request, its length in front. Throws EncodeError, or RangeError for a version the API lacks. */
export function encodeRequestFrame<Req>(frame: RequestFrame<Req>): Buffer[] {
  const { api, version } = frame
  const writer = new WireWriter()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(frame.correlationId)
  // Classic length even in header v2: a broker must be able to read the header of an ApiVersions it does not know.
  writer.nullableString(frame.clientId)
  if (version >= api.request.flexibleFrom) writer.unsignedVarint(0)
  api.request.encode(writer, frame.body, version)
  return withLength(writer)
}

/**
 * Reads header v1, or v2 (with tagged fields, which are skipped) when the version is a flexible one of an API that
 * this package knows. The API may be unknown or the version unsupported: that is for the caller to judge.
 */
export function decodeRequestHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const clientIdAt = reader.offset
  const clientId = reader.nullableString()
  if (reader.offset - clientIdAt - 2 > CLIENT_ID_BYTES_MAX) {
    throw new DecodeError(`client id is longer than ${CLIENT_ID_BYTES_MAX} bytes`, clientIdAt)
  }
  const api = apiByKey(apiKey)
  if (api !== undefined && apiVersion >= api.request.flexibleFrom) reader.skipTaggedFields()
  return { apiKey, apiVersion, correlationId, clientId }
}

/** The writer's chunks after the length has been put into its first four bytes. */
export function withLength(writer: WireWriter): Buffer[] {
  const length = writer.byteLength - FRAME_LENGTH_BYTES
  const chunks = writer.chunks()
  chunks[0]?.writeInt32BE(length, 0)
  return chunks
}
