import type { Aggregation, Binary, Call, Expr } from './ast.ts'
import { labelsOf, type SeriesTable, TARGET_LABELS } from './known-series.ts'
import { isSetOperator, typeOf } from './value-type.ts'

/**
 * The labels that the result of an expression can have; the name is none of them. What reads a label that has not
 * survived an aggregation reads an empty text. Unknown series count as having the labels of their target only.
 */
export function resultLabels(expr: Expr, known: SeriesTable): ReadonlySet<string> {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return new Set()
    case 'selector': {
      const series = known.get(expr.name ?? '')
      return new Set(series === undefined ? TARGET_LABELS : labelsOf(series))
    }
    case 'subquery':
    case 'unary':
      return resultLabels(expr.of, known)
    case 'call':
      return labelsOfCall(expr, known)
    case 'aggregation':
      return labelsOfAggregation(expr, known)
    case 'binary':
      return labelsOfBinary(expr, known)
    default:
      return expr satisfies never
  }
}

/** The labels by which the sides of an operation between two vectors find each other. */
export function matchedLabels(
  expr: Binary,
  known: SeriesTable
): { left: ReadonlySet<string>; right: ReadonlySet<string> } {
  const left = resultLabels(expr.left, known)
  const right = resultLabels(expr.right, known)
  const { matching } = expr
  if (matching === null) return { left, right }
  const isMatched = (label: string): boolean => matching.labels.includes(label) === (matching.kind === 'on')
  return { left: only(left, isMatched), right: only(right, isMatched) }
}

function labelsOfCall({ name, args }: Call, known: SeriesTable): ReadonlySet<string> {
  const vector = args.find(arg => !['scalar', 'string'].includes(typeOf(arg)))
  if (vector === undefined || name === 'scalar') return new Set()
  const labels = resultLabels(vector, known)
  if (name === 'histogram_quantile') return only(labels, label => label !== 'le')
  if (name === 'absent' || name === 'absent_over_time') return labelsOfAbsent(vector)
  const target = args[1]
  const adds = (name === 'label_replace' || name === 'label_join') && target?.kind === 'string'
  return adds ? new Set([...labels, target.value]) : labels
}

function only(labels: ReadonlySet<string>, isKept: (label: string) => boolean): ReadonlySet<string> {
  return new Set([...labels].filter(isKept))
}

/** `absent(up{job="x"})` carries the labels that it was asked for. */
function labelsOfAbsent(vector: Expr): ReadonlySet<string> {
  if (vector.kind !== 'selector') return new Set()
  return new Set(vector.matchers.filter(({ op }) => op === '=').map(({ label }) => label))
}

function labelsOfAggregation({ op, grouping, param, of }: Aggregation, known: SeriesTable): ReadonlySet<string> {
  const labels = resultLabels(of, known)
  if (op === 'topk' || op === 'bottomk') return labels
  const isKept = (label: string): boolean =>
    (grouping?.labels.includes(label) ?? false) === (grouping?.kind !== 'without')
  const kept = only(labels, isKept)
  return op === 'count_values' && param?.kind === 'string' ? new Set([...kept, param.value]) : kept
}

function labelsOfBinary(expr: Binary, known: SeriesTable): ReadonlySet<string> {
  const [leftType, rightType] = [typeOf(expr.left), typeOf(expr.right)]
  if (leftType === 'scalar') return resultLabels(expr.right, known)
  const left = resultLabels(expr.left, known)
  if (rightType === 'scalar') return left
  if (isSetOperator(expr.op)) return expr.op === 'or' ? new Set([...left, ...resultLabels(expr.right, known)]) : left
  const { matching } = expr
  if (matching === null) return left
  if (matching.many === 'left') return new Set([...left, ...matching.include])
  if (matching.many === 'right') return new Set([...resultLabels(expr.right, known), ...matching.include])
  return matchedLabels(expr, known).left
}
