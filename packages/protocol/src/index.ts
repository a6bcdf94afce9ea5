export { type AnyApi, apiByKey, apis } from './api.ts'
export { type ErrorCode, type ErrorName, Errors, errorByCode } from './errors.ts'
export { encodeApiVersionsFallback, isApiVersionsAboveMax } from './frame/api-versions-fallback.ts'
export { checkFrameLength, FRAME_LENGTH_BYTES, FrameError } from './frame/frame-length.ts'
export { Framer } from './frame/framer.ts'
export {
  CLIENT_ID_BYTES_MAX,
  decodeRequestHeader,
  encodeRequestFrame,
  type RequestFrame,
  type RequestHeader
} from './frame/request-frame.ts'
export { decodeResponse, encodeResponseFrame, type ResponseFrame } from './frame/response-frame.ts'
export * from './messages/index.ts'
export { DecodeError, EncodeError } from './primitives/codec-error.ts'
export { readInt64, writeInt64 } from './primitives/int64.ts'
export { isUuid, UUID_BYTES, ZERO_UUID } from './primitives/uuid.ts'
export { unsignedVarintSize, varintSize, varlongSize } from './primitives/varint.ts'
export { OBJECTS_MAX, STRING_BYTES_MAX, TAGGED_FIELDS_MAX, WireReader } from './primitives/wire-reader.ts'
export { WireWriter } from './primitives/wire-writer.ts'
export type { ApiSchema, FieldSpec, Input, Message, MessageCodec, VersionRange } from './schema/index.ts'
