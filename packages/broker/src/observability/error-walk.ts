import type { FieldSpec } from '@streambus/protocol'

/** Gets every error code of an answer; `isNested`: that of a topic, a partition, a group, not of the whole. */
export type ErrorVisitor = (code: number, isNested: boolean) => void

/** Goes through an answer. Fields may be left out, as encoders allow. */
export type ErrorWalk = (answer: object, visit: ErrorVisitor) => void

type Struct = Readonly<Record<string, unknown>>
type Step = (struct: Struct, visit: ErrorVisitor) => void

/** Finds out once, from the table of an answer, where its error codes are. What has none is not walked. */
export function compileErrorWalk(fields: readonly FieldSpec[]): ErrorWalk {
  const step = compile(fields, false)
  return step === null ? () => {} : (answer, visit) => step(answer as Struct, visit)
}

function compile(fields: readonly FieldSpec[], isNested: boolean): Step | null {
  const steps = fields.map(field => compileField(field, isNested)).filter(step => step !== null)
  const [only] = steps
  if (only === undefined) return null
  if (steps.length === 1) return only
  return (struct, visit) => {
    for (const step of steps) step(struct, visit)
  }
}

function compileField({ name, type }: FieldSpec, isNested: boolean): Step | null {
  if (name === 'errorCode' && type.kind === 'int16') return (struct, visit) => visit(codeOf(struct), isNested)
  if (type.kind === 'struct') {
    const inner = compile(type.fields, true)
    return inner && ((struct, visit) => walkStruct(inner, struct[name], visit))
  }
  if (type.kind !== 'array' || type.element.kind !== 'struct') return null
  const inner = compile(type.element.fields, true)
  return inner && ((struct, visit) => walkArray(inner, struct[name], visit))
}

function codeOf({ errorCode }: Struct): number {
  return typeof errorCode === 'number' ? errorCode : 0
}

function walkStruct(inner: Step, value: unknown, visit: ErrorVisitor): void {
  if (value !== null && value !== undefined) inner(value as Struct, visit)
}

function walkArray(inner: Step, value: unknown, visit: ErrorVisitor): void {
  if (!Array.isArray(value)) return
  for (const element of value as readonly Struct[]) inner(element, visit)
}
