/** PromQL as a tree: what the checks need of it, which is all but the positions of brackets. */

export type MatchOp = '=' | '!=' | '=~' | '!~'

export interface Matcher {
  readonly label: string
  readonly op: MatchOp
  readonly value: string
}

/** Milliseconds, or a variable of Grafana's (`$__rate_interval`) whose length nobody knows here. */
export type Duration = number | { readonly variable: string }

export interface Selector {
  readonly kind: 'selector'
  /** Null for `{job="x"}`. */
  readonly name: string | null
  readonly matchers: readonly Matcher[]
  /** Null for an instant vector. */
  readonly range: Duration | null
}

export interface Subquery {
  readonly kind: 'subquery'
  readonly of: Expr
  readonly range: Duration
}

export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expr[]
}

export interface Aggregation {
  readonly kind: 'aggregation'
  readonly op: string
  readonly grouping: { readonly kind: 'by' | 'without'; readonly labels: readonly string[] } | null
  /** In front of the vector: the k of topk, the label of count_values. */
  readonly param: Expr | null
  readonly of: Expr
}

export interface Matching {
  readonly kind: 'on' | 'ignoring'
  readonly labels: readonly string[]
  /** Which side may have several series for one of the other; null: one to one. */
  readonly many: 'left' | 'right' | null
  /** Labels taken over from the other side. */
  readonly include: readonly string[]
}

export interface Binary {
  readonly kind: 'binary'
  readonly op: string
  readonly left: Expr
  readonly right: Expr
  readonly bool: boolean
  readonly matching: Matching | null
}

export interface Unary {
  readonly kind: 'unary'
  readonly of: Expr
}

/** Also a variable of Grafana's where a number can stand. */
export interface NumberLiteral {
  readonly kind: 'number'
  readonly value: number
}

export interface StringLiteral {
  readonly kind: 'string'
  readonly value: string
}

export type Expr = Selector | Subquery | Call | Aggregation | Binary | Unary | NumberLiteral | StringLiteral

export class PromqlError extends Error {
  override readonly name = 'PromqlError'
}

/** Every node of the tree, parents before children. */
export function* walk(expr: Expr): Generator<Expr> {
  yield expr
  for (const child of childrenOf(expr)) yield* walk(child)
}

export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'subquery':
    case 'unary':
      return [expr.of]
    case 'aggregation':
      return expr.param === null ? [expr.of] : [expr.param, expr.of]
    case 'call':
      return expr.args
    case 'binary':
      return [expr.left, expr.right]
    case 'selector':
    case 'number':
    case 'string':
      return []
    default:
      return expr satisfies never
  }
}
