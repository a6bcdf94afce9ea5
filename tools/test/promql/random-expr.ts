import fc from 'fast-check'
import type { Aggregation, Binary, Expr, Selector } from '../../promql/ast.ts'
import { aggregations, functions } from '../../promql/functions.ts'

const name = fc.constantFrom('up', 'a_total', 'job:x:rate5m', 'h_bucket')
const label = fc.constantFrom('job', 'le', 'topic', 'x_1')
const text = fc.constantFrom('', 'a.b', '1.0', 'say "x"', 'back\\slash', 'line\nline')
const range = fc.constantFrom(300_000, 90_000, 86_400_000)

const selector: fc.Arbitrary<Selector> = fc.record({
  kind: fc.constant('selector' as const),
  name,
  matchers: fc.array(fc.record({ label, op: fc.constantFrom('=' as const, '!=' as const), value: text }), {
    maxLength: 2
  }),
  range: fc.option(range, { freq: 3 })
})
const number = fc.record({ kind: fc.constant('number' as const), value: fc.constantFrom(0, 1.5, 100, 1e10) })
const string = fc.record({ kind: fc.constant('string' as const), value: text })
const matching: fc.Arbitrary<Binary['matching']> = fc.option(
  fc
    .record({
      kind: fc.constantFrom('on' as const, 'ignoring' as const),
      labels: fc.uniqueArray(label, { maxLength: 2 }),
      many: fc.constantFrom(null, 'left' as const, 'right' as const),
      include: fc.uniqueArray(fc.constantFrom('version', 'rack'), { maxLength: 1 })
    })
    .map(found => (found.many === null ? { ...found, include: [] } : found)),
  { freq: 3 }
)
const grouping: fc.Arbitrary<Aggregation['grouping']> = fc.option(
  fc.record({
    kind: fc.constantFrom('by' as const, 'without' as const),
    labels: fc.uniqueArray(label, { maxLength: 2 })
  })
)
const OPERATORS = ['or', 'and', 'unless', '==', '>', '+', '-', '*', '/', '%', '^', 'atan2'] as const

/** Well-formed expressions; whether their types fit is left to chance. */
export const randomExpr: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>(tie => ({
  expr: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    selector,
    number,
    string,
    fc.record({ kind: fc.constant('unary' as const), of: tie('expr') }),
    fc.record({ kind: fc.constant('subquery' as const), of: tie('expr'), range }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom(...functions.keys()),
      args: fc.array(tie('expr'), { maxLength: 3 })
    }),
    fc
      .record({
        kind: fc.constant('aggregation' as const),
        op: fc.constantFrom(...aggregations.keys()),
        grouping,
        param: tie('expr'),
        of: tie('expr')
      })
      .map(found => ((aggregations.get(found.op) ?? null) === null ? { ...found, param: null } : found)),
    fc
      .record({
        kind: fc.constant('binary' as const),
        op: fc.constantFrom(...OPERATORS),
        left: tie('expr'),
        right: tie('expr'),
        bool: fc.boolean(),
        matching
      })
      .map(found => (found.op === '==' || found.op === '>' ? found : { ...found, bool: false }))
  )
})).expr

/** Everything in brackets: what a parser reads must not hang on what its printer knows of precedence. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return String(expr.value)
    case 'string':
      return JSON.stringify(expr.value)
    case 'selector': {
      const matchers = expr.matchers.map(({ label: by, op, value }) => `${by}${op}${JSON.stringify(value)}`)
      const braces = matchers.length > 0 ? `{${matchers.join(',')}}` : ''
      return `${expr.name}${braces}${expr.range === null ? '' : `[${Number(expr.range) / 1000}s]`}`
    }
    case 'subquery':
      return `(${print(expr.of)})[${Number(expr.range) / 1000}s:1m]`
    case 'unary':
      return `(-(${print(expr.of)}))`
    case 'call':
      return `${expr.name}(${expr.args.map(print).join(', ')})`
    case 'aggregation':
      return printAggregation(expr)
    case 'binary':
      return `((${print(expr.left)}) ${expr.op} ${printModifiers(expr)} (${print(expr.right)}))`
    default:
      return expr satisfies never
  }
}

function printAggregation({ op, grouping: by, param, of }: Aggregation): string {
  const args = param === null ? print(of) : `${print(param)}, ${print(of)}`
  return `${op}${by === null ? '' : ` ${by.kind} (${by.labels.join(', ')})`} (${args})`
}

function printModifiers({ bool, matching: by }: Binary): string {
  const words = bool ? ['bool'] : []
  if (by !== null) words.push(`${by.kind}(${by.labels.join(',')})`)
  if (by !== null && by.many !== null) words.push(`group_${by.many}(${by.include.join(',')})`)
  return words.join(' ')
}
