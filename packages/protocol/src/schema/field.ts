import type { VersionRange } from './versions.ts'

export type PrimitiveKind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

export interface PrimitiveType {
  readonly kind: PrimitiveKind
}
export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly FieldSpec[]
}
export interface ArrayType {
  readonly kind: 'array'
  readonly element: ValueType
}
export type ValueType = PrimitiveType | StructType | ArrayType

/** One row of a message table, as the compiler and the tests read it. */
export interface FieldSpec {
  readonly name: string
  readonly type: ValueType
  /** Versions that have the field. */
  readonly versions: VersionRange
  /** Versions in which it may be null. */
  readonly nullable: VersionRange
  /** Not null: the field lives in the tagged section of its structure in every version that has it. */
  readonly tag: number | null
  /** What a version without the field decodes to, and what a value left out encodes as. Shared, so frozen. */
  readonly fallback: unknown
  /** Dropped silently when the version lacks it; otherwise writing anything but the fallback is an error. */
  readonly ignorable: boolean
  /** int64 only: a value beyond ±(2^53 − 1) decodes to the nearest end of that range; otherwise it is refused. */
  readonly clamped: boolean
}

// The two symbols exist for the type checker only: they carry a field's and a structure's types, never a value.
declare const FIELD: unique symbol
declare const INPUT: unique symbol

/** A row that also carries its types: what decoding yields, what encoding takes, and whether it may be left out. */
export interface Field<Name extends string, Out, In, Optional extends boolean> extends FieldSpec {
  readonly name: Name
  readonly [FIELD]?: { readonly out: Out; readonly in: In; readonly optional: Optional }
}

export type AnyField = Field<string, unknown, unknown, boolean>

type TypesOf<F> = F extends { readonly [FIELD]?: infer T } ? NonNullable<T> : never
type OutOf<F> = TypesOf<F> extends { readonly out: infer T } ? T : never
type InOf<F> = TypesOf<F> extends { readonly in: infer T } ? T : never
type IsOptional<F> = TypesOf<F> extends { readonly optional: true } ? true : false

/** What a structure encodes from: fields with a fallback, a tag or a limited range of versions may be left out. */
export type InputOf<Fields extends readonly AnyField[]> = {
  readonly [F in Fields[number] as IsOptional<F> extends true ? never : F['name']]: InOf<F>
} & {
  readonly [F in Fields[number] as IsOptional<F> extends true ? F['name'] : never]?: InOf<F> | undefined
}

/** What a structure decodes to: every field, those the version lacks with their fallback. */
export type OutputOf<Fields extends readonly AnyField[]> = {
  readonly [F in Fields[number] as F['name']]: OutOf<F>
} & { readonly [INPUT]?: InputOf<Fields> }

/** What may be encoded in place of a decoded `T`. */
export type Input<T> = T extends { readonly [INPUT]?: infer I } ? NonNullable<I> : T
