import { located } from '../primitives/codec-error.ts'
import type { WireReader } from '../primitives/wire-reader.ts'
import type { WireWriter } from '../primitives/wire-writer.ts'
import { compileStructDecode, type Decode } from './compile-decode.ts'
import { compileStructEncode, type Encode } from './compile-encode.ts'
import type { AnyField, FieldSpec, Input, OutputOf } from './field.ts'
import { includesVersion, parseVersions, type VersionRange } from './versions.ts'

export interface MessageCodec<T> {
  readonly name: string
  readonly fields: readonly FieldSpec[]
  /** Versions that can be encoded and decoded. */
  readonly versions: VersionRange
  /** First flexible version, Infinity when there is none. */
  readonly flexibleFrom: number
  /**
   * Every field is present in the result, those the version lacks with their fallback. Does not call `finish`.
   * Throws DecodeError; RangeError for a version outside `versions`.
   */
  decode(reader: WireReader, version: number): T
  /**
   * Fields left out take their fallback. Throws EncodeError for a value out of range and for a field that the
   * version lacks, that is not ignorable and differs from its fallback; RangeError for a version outside `versions`.
   */
  encode(writer: WireWriter, value: Input<T>, version: number): void
}

export interface MessageDefinition<F extends readonly AnyField[]> {
  readonly name: string
  readonly versions: string
  /** Versions with compact lengths and tagged fields, such as '9+'; 'never' when there are none. */
  readonly flexible: string
  readonly fields: F
}

/** A message's codec together with the table it comes from. */
export interface MessageTable<F extends readonly AnyField[]> extends MessageCodec<OutputOf<F>> {
  readonly fields: F
}

/** The decoded type of a message table. */
export type Message<Table> = Table extends MessageCodec<infer T> ? T : never

/** Makes a codec of a table. Nothing is compiled before the first use of a version, so that start-up stays short. */
export function message<const F extends readonly AnyField[]>(definition: MessageDefinition<F>): MessageTable<F> {
  const { name, fields } = definition
  const versions = parseVersions(definition.versions)
  const flexible = parseVersions(definition.flexible)
  const flexibleFrom = flexible.max < flexible.min ? Number.POSITIVE_INFINITY : flexible.min
  const decoders: (Decode | undefined)[] = []
  const encoders: (Encode | undefined)[] = []

  function shapeOf(version: number): { version: number; flexible: boolean } {
    if (!Number.isInteger(version) || !includesVersion(versions, version)) {
      throw new RangeError(`${name} has versions ${definition.versions}, not ${version}`)
    }
    return { version, flexible: version >= flexibleFrom }
  }

  return {
    name,
    fields,
    versions,
    flexibleFrom,
    decode(reader, version) {
      const decode = (decoders[version] ??= compileStructDecode(fields, shapeOf(version)))
      try {
        return decode(reader) as OutputOf<F>
      } catch (error) {
        throw located(error, `${name} v${version}`)
      }
    },
    encode(writer, value, version) {
      const encode = (encoders[version] ??= compileStructEncode(fields, shapeOf(version)))
      try {
        encode(writer, value)
      } catch (error) {
        throw located(error, `${name} v${version}`)
      }
    }
  }
}
