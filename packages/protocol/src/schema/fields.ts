import { ZERO_UUID } from '../primitives/uuid.ts'
import type { AnyField, Field, InputOf, OutputOf, PrimitiveKind, ValueType } from './field.ts'
import { includesVersion, NEVER, parseVersions, type VersionRange } from './versions.ts'

/** Options of a field. Defaults: every version, never null, not tagged, Kafka's zero value, not ignorable. */
export interface FieldOptions<T> {
  readonly since?: number
  /** Last version that has the field. */
  readonly until?: number
  readonly nullable?: string
  readonly tag?: number
  readonly fallback?: T | null
  readonly ignorable?: boolean
  /** int64 in requests only: see `FieldSpec.clamped`. */
  readonly clamped?: boolean
}

type Nullable<T, O> = O extends { readonly nullable: string } ? T | null : T
type Optional<O> = O extends
  | { readonly since: number }
  | { readonly until: number }
  | { readonly tag: number }
  | { readonly fallback: unknown }
  ? true
  : false

type Value<Name extends string, T, In, O> = Field<Name, Nullable<T, O>, Nullable<In, O>, Optional<O>>

type Primitives = {
  boolean: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  int64: number
  float64: number
  string: string
  uuid: string
  bytes: Buffer
}

type Constructor<T> = <const Name extends string, const O extends FieldOptions<T> = FieldOptions<never>>(
  name: Name,
  options?: O
) => Value<Name, T, T, O>

function primitive<K extends keyof Primitives>(kind: K): Constructor<Primitives[K]> {
  return (name, options) => field(name, { kind }, options ?? {}) as never
}

export const boolean = primitive('boolean')
export const int8 = primitive('int8')
export const int16 = primitive('int16')
export const uint16 = primitive('uint16')
export const int32 = primitive('int32')
export const uint32 = primitive('uint32')
/** A number within ±(2^53 − 1). */
export const int64 = primitive('int64')
export const float64 = primitive('float64')
export const string = primitive('string')
/** 22 characters of base64url; all zero (`ZERO_UUID`) means none. */
export const uuid = primitive('uuid')
/** Decodes to a copy. */
export const bytes = primitive('bytes')

/** Record batches: decodes to a view into the frame, encodes one buffer or several without copying them. */
export function records<const Name extends string, const O extends FieldOptions<never> = FieldOptions<never>>(
  name: Name,
  options?: O
): Value<Name, Buffer, Buffer | readonly Buffer[], O> {
  return field(name, { kind: 'records' }, options ?? {}) as never
}

/** A structure inside a structure. Its fallback is all fields' fallbacks, or null when `fallback: null`. */
export function struct<
  const Name extends string,
  const F extends readonly AnyField[],
  const O extends FieldOptions<never> = FieldOptions<never>
>(name: Name, members: F, options?: O): Value<Name, OutputOf<F>, InputOf<F>, O> {
  return field(name, { kind: 'struct', fields: members }, options ?? {}) as never
}

type Element<E> = E extends keyof Primitives
  ? { out: Primitives[E]; in: Primitives[E] }
  : E extends readonly AnyField[]
    ? { out: OutputOf<E>; in: InputOf<E> }
    : never

/** An array of primitives (named by kind) or of structures (given by their fields). */
export function array<
  const Name extends string,
  const E extends keyof Primitives | readonly AnyField[],
  const O extends FieldOptions<never> = FieldOptions<never>
>(name: Name, element: E, options?: O): Value<Name, readonly Element<E>['out'][], readonly Element<E>['in'][], O> {
  const type: ValueType = typeof element === 'string' ? { kind: element } : { kind: 'struct', fields: element }
  return field(name, { kind: 'array', element: type }, options ?? {}) as never
}

/** A list of fields that several structures share. */
export function fields<const F extends readonly AnyField[]>(...members: F): F {
  return members
}

function field(name: string, type: ValueType, options: FieldOptions<unknown>): AnyField {
  const versions: VersionRange = { min: options.since ?? 0, max: options.until ?? Number.POSITIVE_INFINITY }
  const nullable = options.nullable === undefined ? NEVER : parseVersions(options.nullable)
  if (options.fallback === null && !includesVersion(nullable, versions.min)) {
    throw new TypeError(`field ${name}: fallback null, but version ${versions.min} does not allow null`)
  }
  const fallback = options.fallback === undefined ? zeroOf(type) : options.fallback
  const { tag = null, ignorable = false, clamped = false } = options
  return { name, type, versions, nullable, tag, fallback, ignorable, clamped }
}

const NO_ELEMENTS: readonly never[] = Object.freeze([])

const ZEROS: { readonly [K in PrimitiveKind]: unknown } = {
  boolean: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: '',
  uuid: ZERO_UUID,
  bytes: Buffer.alloc(0),
  records: null
}

function zeroOf(type: ValueType): unknown {
  if (type.kind === 'array') return NO_ELEMENTS
  return type.kind === 'struct' ? structFallback(type.fields) : ZEROS[type.kind]
}

/** The structure with every field at its fallback. */
export function structFallback(members: readonly { readonly name: string; readonly fallback: unknown }[]): object {
  return Object.freeze(Object.fromEntries(members.map(member => [member.name, member.fallback])))
}
