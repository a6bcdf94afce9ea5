import { type Binary, type Call, type Expr, PromqlError } from './ast.ts'
import { aggregations, functions, type Signature, type ValueType } from './functions.ts'

const SET_OPERATORS: readonly string[] = ['and', 'or', 'unless']
const COMPARISONS: readonly string[] = ['==', '!=', '<=', '<', '>=', '>']

export function isComparison(op: string): boolean {
  return COMPARISONS.includes(op)
}

export function isSetOperator(op: string): boolean {
  return SET_OPERATORS.includes(op)
}

/** What an expression evaluates to. Throws PromqlError where Prometheus would refuse it: `rate(x)` without a range. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'selector':
      return expr.range === null ? 'vector' : 'range'
    case 'subquery':
      expect(expr.of, 'vector', 'a subquery')
      return 'range'
    case 'unary':
      return expectNumbers(expr.of, 'a sign')
    case 'aggregation':
      expect(expr.of, 'vector', expr.op)
      if (expr.param !== null) expect(expr.param, aggregations.get(expr.op) ?? 'scalar', expr.op)
      return 'vector'
    case 'call':
      return typeOfCall(expr)
    case 'binary':
      return typeOfBinary(expr)
    default:
      return expr satisfies never
  }
}

function expect(expr: Expr, wanted: ValueType, by: string): void {
  const type = typeOf(expr)
  if (type !== wanted) throw new PromqlError(`${by} takes a ${wanted} where a ${type} is given`)
}

function expectNumbers(expr: Expr, by: string): ValueType {
  const type = typeOf(expr)
  if (type !== 'scalar' && type !== 'vector') throw new PromqlError(`${by} takes no ${type}`)
  return type
}

function typeOfCall({ name, args }: Call): ValueType {
  const signature = functions.get(name)
  if (signature === undefined) throw new PromqlError(`there is no function ${name}`)
  const { least, most } = countsOf(signature)
  if (args.length < least || args.length > most) {
    throw new PromqlError(
      `${name} has ${args.length} arguments; it takes ${least === most ? least : `${least} or more`}`
    )
  }
  const last = signature.args.at(-1)
  for (const [index, arg] of args.entries()) expect(arg, signature.args[index] ?? last ?? 'vector', name)
  return signature.returns
}

function countsOf({ args, optional }: Signature): { readonly least: number; readonly most: number } {
  if (optional === 'repeated') return { least: args.length - 1, most: Number.POSITIVE_INFINITY }
  return { least: args.length - (optional ?? 0), most: args.length }
}

function typeOfBinary({ op, left, right, bool, matching }: Binary): ValueType {
  const [leftType, rightType] = [expectNumbers(left, op), expectNumbers(right, op)]
  const vectors = leftType === 'vector' && rightType === 'vector'
  if (isSetOperator(op) && !vectors) throw new PromqlError(`${op} takes two vectors`)
  if (matching !== null && matching.labels.length > 0 && !vectors)
    throw new PromqlError(`${matching.kind} is only for two vectors`)
  if (isSetOperator(op) && matching?.many != null) throw new PromqlError(`${op} takes no group_left or group_right`)
  const scalars = leftType === 'scalar' && rightType === 'scalar'
  if (scalars && isComparison(op) && !bool) throw new PromqlError(`${op} of two numbers needs bool`)
  return scalars ? 'scalar' : 'vector'
}
