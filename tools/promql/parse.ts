import {
  type Aggregation,
  type Binary,
  type Call,
  type Duration,
  type Expr,
  type Matcher,
  type Matching,
  type MatchOp,
  PromqlError,
  type Selector
} from './ast.ts'
import { aggregations, functions } from './functions.ts'
import { type Token, type TokenKind, tokenize } from './tokens.ts'

/** Weakest first. All are left-associative but `^`. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^']
]
const COMPARISONS: readonly string[] = PRECEDENCE[2] ?? []
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000
}

/**
 * Reads one expression. Of our own because dashboards and rules are checked by more than syntax, and a tree with types
 * is the larger part of that. Grafana's variables may stand for durations, numbers, and anything inside strings.
 * Throws PromqlError. Whether arguments have the right types is for `typeOf`.
 */
export function parsePromql(text: string): Expr {
  return new Parser(tokenize(text)).whole()
}

/** '1h30m' in milliseconds. */
export function parseDuration(text: string): number {
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(count) * (UNIT_MS[unit ?? ''] ?? 0)
  return total
}

function isShiftable(expr: Expr): boolean {
  return expr.kind === 'selector' || expr.kind === 'subquery'
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expr {
    const expr = this.#binary(0)
    if (this.#peek().kind !== 'end') throw this.#unexpected('an operator or the end')
    return expr
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token
  }

  #take(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#next++
    return token
  }

  #unexpected(wanted: string): PromqlError {
    const { text, at, kind } = this.#peek()
    return new PromqlError(`at ${at}: ${kind === 'end' ? 'the end' : `'${text}'`} where ${wanted} is expected`)
  }

  #isOp(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'op' && token.text === text
  }

  #isWord(...words: readonly string[]): boolean {
    const token = this.#peek()
    return token.kind === 'identifier' && words.includes(token.text.toLowerCase())
  }

  #skipOp(text: string): boolean {
    const found = this.#isOp(text)
    if (found) this.#next++
    return found
  }

  #expectOp(text: string): void {
    if (!this.#skipOp(text)) throw this.#unexpected(`'${text}'`)
  }

  #expect(kind: TokenKind, wanted: string): string {
    if (this.#peek().kind !== kind) throw this.#unexpected(wanted)
    return this.#take().text
  }

  #binary(level: number): Expr {
    const ops = PRECEDENCE[level]
    if (ops === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (let op = this.#operatorOf(ops); op !== null; op = this.#operatorOf(ops)) {
      const bool = this.#skipBool(op)
      const matching = this.#matching()
      // `^` binds to the right: its right side may hold another one, and a sign.
      const right = op === '^' ? this.#binary(level) : this.#binary(level + 1)
      left = { kind: 'binary', op, left, right, bool, matching } satisfies Binary
    }
    return left
  }

  #operatorOf(ops: readonly string[]): string | null {
    const { kind, text } = this.#peek()
    const op = kind === 'identifier' ? text.toLowerCase() : text
    if ((kind !== 'op' && kind !== 'identifier') || !ops.includes(op)) return null
    this.#next++
    return op
  }

  #skipBool(op: string): boolean {
    if (!this.#isWord('bool')) return false
    if (!COMPARISONS.includes(op)) throw this.#unexpected('a comparison in front of bool')
    this.#next++
    return true
  }

  #matching(): Matching | null {
    if (!this.#isWord('on', 'ignoring')) return null
    const kind = this.#take().text.toLowerCase() as Matching['kind']
    const labels = this.#labelList()
    if (!this.#isWord('group_left', 'group_right')) return { kind, labels, many: null, include: [] }
    const many = this.#take().text.toLowerCase() === 'group_left' ? 'left' : 'right'
    return { kind, labels, many, include: this.#isOp('(') ? this.#labelList() : [] }
  }

  #labelList(): string[] {
    this.#expectOp('(')
    const labels: string[] = []
    while (!this.#skipOp(')')) {
      labels.push(this.#expect('identifier', 'the name of a label'))
      if (!this.#isOp(')')) this.#expectOp(',')
    }
    return labels
  }

  #unary(): Expr {
    if (!this.#isOp('-') && !this.#isOp('+')) return this.#postfix()
    this.#next++
    // Weaker than `^`, stronger than `*`.
    return { kind: 'unary', of: this.#binary(PRECEDENCE.length - 1) }
  }

  #postfix(): Expr {
    let expr = this.#primary()
    while (true) {
      if (this.#isOp('[')) expr = this.#ranged(expr)
      else if (this.#isWord('offset')) this.#offset(expr)
      else if (this.#isOp('@')) this.#at(expr)
      else return expr
    }
  }

  #ranged(expr: Expr): Expr {
    this.#expectOp('[')
    const range = this.#duration()
    const isSubquery = this.#skipOp(':')
    if (isSubquery && !this.#isOp(']')) this.#duration()
    this.#expectOp(']')
    if (isSubquery) return { kind: 'subquery', of: expr, range }
    if (expr.kind !== 'selector' || expr.range !== null) throw new PromqlError('a range is only for a metric')
    return { ...expr, range }
  }

  #duration(): Duration {
    const token = this.#take()
    if (token.kind === 'duration') return parseDuration(token.text)
    if (token.kind === 'variable') return { variable: token.text }
    this.#next--
    throw this.#unexpected('a duration such as 5m')
  }

  #offset(of: Expr): void {
    if (!isShiftable(of)) throw new PromqlError('offset is only for a metric or a subquery')
    this.#next++
    this.#skipOp('-')
    this.#duration()
  }

  #at(of: Expr): void {
    if (!isShiftable(of)) throw new PromqlError('@ is only for a metric or a subquery')
    this.#next++
    if (this.#isWord('start', 'end')) {
      this.#next++
      this.#expectOp('(')
      this.#expectOp(')')
      return
    }
    this.#skipOp('-')
    this.#expect('number', 'a time')
  }

  #primary(): Expr {
    const { kind, text } = this.#peek()
    if (kind === 'string') return { kind: 'string', value: this.#take().text }
    if (kind === 'number') return { kind: 'number', value: Number(this.#take().text) }
    if (kind === 'variable') {
      this.#next++
      return { kind: 'number', value: Number.NaN }
    }
    if (this.#isOp('{')) return this.#unnamed()
    if (this.#skipOp('(')) {
      const inside = this.#binary(0)
      this.#expectOp(')')
      return inside
    }
    if (kind !== 'identifier') throw this.#unexpected('a value')
    this.#next++
    return this.#named(text)
  }

  #unnamed(): Selector {
    const matchers = this.#matchers()
    if (!matchers.some(({ op, value }) => (op === '=' || op === '=~') === (value !== ''))) {
      throw new PromqlError('a selector needs the name of a metric, or a label with a value')
    }
    return { kind: 'selector', name: null, matchers, range: null }
  }

  #named(name: string): Expr {
    const lower = name.toLowerCase()
    if ((lower === 'inf' || lower === 'nan') && !this.#isOp('{')) {
      return { kind: 'number', value: lower === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN }
    }
    if (aggregations.has(lower) && (this.#isOp('(') || this.#isWord('by', 'without'))) return this.#aggregation(lower)
    if (this.#isOp('(')) return this.#call(name)
    const matchers = this.#isOp('{') ? this.#matchers() : []
    return { kind: 'selector', name, matchers, range: null } satisfies Selector
  }

  #aggregation(op: string): Aggregation {
    const before = this.#grouping()
    const args = this.#args()
    const grouping = before ?? this.#grouping()
    const wanted = (aggregations.get(op) ?? null) === null ? 1 : 2
    if (args.length !== wanted) throw new PromqlError(`${op} has ${args.length} arguments; it takes ${wanted}`)
    return {
      kind: 'aggregation',
      op,
      grouping,
      param: wanted === 2 ? (args[0] as Expr) : null,
      of: args.at(-1) as Expr
    }
  }

  #grouping(): Aggregation['grouping'] {
    if (!this.#isWord('by', 'without')) return null
    const kind = this.#take().text.toLowerCase() as 'by' | 'without'
    return { kind, labels: this.#labelList() }
  }

  #call(name: string): Call {
    if (!functions.has(name)) throw new PromqlError(`there is no function ${name}`)
    return { kind: 'call', name, args: this.#args() }
  }

  #args(): Expr[] {
    this.#expectOp('(')
    const args: Expr[] = []
    while (!this.#skipOp(')')) {
      args.push(this.#binary(0))
      if (this.#isOp(')')) continue
      this.#expectOp(',')
      if (this.#isOp(')')) throw this.#unexpected('an argument')
    }
    return args
  }

  #matchers(): Matcher[] {
    this.#expectOp('{')
    const matchers: Matcher[] = []
    while (!this.#skipOp('}')) {
      const label = this.#expect('identifier', 'the name of a label')
      const op = this.#matchOp()
      matchers.push({ label, op, value: this.#expect('string', 'a quoted value') })
      if (!this.#isOp('}')) this.#expectOp(',')
    }
    return matchers
  }

  #matchOp(): MatchOp {
    const { text } = this.#peek()
    if (text !== '=' && text !== '!=' && text !== '=~' && text !== '!~') throw this.#unexpected('=, !=, =~ or !~')
    this.#next++
    return text
  }
}
