import {
  AGGREGATIONS,
  type Aggregation,
  type CompareOp,
  type Condition,
  type LineOp,
  type LogQuery,
  LogqlError,
  type MatchOp,
  type MetricQuery,
  type Query,
  RANGE_FUNCTIONS,
  type Stage
} from './ast.ts'

/** What a word can be, in the order in which it is tried. */
const WORDS = [
  /(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)/,
  /(?<duration>\d+(?:ms|[smhdw])(?![\w.]))/,
  /(?<number>\d+(?:\.\d+)?)/,
  /(?<variable>\$\w+)/,
  /(?<word>[a-z_]\w*)/,
  /(?<op>\|=|\|~|!=|!~|=~|==|>=|<=|[|={}()[\],><])/
]
const KNOWN_TEMPLATE = /\{\{(?:\.\w+|__line__)\}\}/g
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 }
const LINE_OPS: readonly string[] = ['|=', '!=', '|~', '!~'] satisfies LineOp[]
const MATCH_OPS: readonly string[] = ['=', '!=', '=~', '!~'] satisfies MatchOp[]
const COMPARE_OPS: readonly string[] = [...MATCH_OPS, '==', '>', '>=', '<', '<='] satisfies string[]

type Kind = 'string' | 'duration' | 'number' | 'variable' | 'word' | 'op' | 'end'

interface Token {
  readonly kind: Kind
  readonly text: string
  readonly at: number
}

/** Reads one query. Throws LogqlError; also for what Loki would take and the dashboards do not need. */
export function parseLogql(text: string): Query {
  const parser = new Parser(tokenize(text))
  return parser.whole()
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  const token = new RegExp(`\\s*(?:${WORDS.map(({ source }) => source).join('|')})`, 'iy')
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex
    const groups = token.exec(trimmed)?.groups
    const found = Object.entries(groups ?? {}).find(([, value]) => value !== undefined)
    if (found === undefined) throw new LogqlError(`at ${at}: '${trimmed.slice(at, at + 20)}' is not LogQL`)
    tokens.push({ kind: found[0] as Kind, text: found[1] ?? '', at })
  }
  return [...tokens, { kind: 'end', text: '', at: trimmed.length }]
}

function unquote(literal: string): string {
  const inside = literal.slice(1, -1)
  return literal.startsWith('`')
    ? inside
    : inside.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Query {
    const query = this.#is('{') ? this.#log() : this.#metric()
    if (this.#peek().kind !== 'end') throw this.#unexpected('the end')
    return query
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token
  }

  #is(...texts: readonly string[]): boolean {
    const { kind, text } = this.#peek()
    return (kind === 'op' || kind === 'word') && texts.includes(text)
  }

  #skip(text: string): boolean {
    const found = this.#is(text)
    if (found) this.#next++
    return found
  }

  #expect(text: string): void {
    if (!this.#skip(text)) throw this.#unexpected(`'${text}'`)
  }

  #take(kinds: readonly Kind[], wanted: string): Token {
    const token = this.#peek()
    if (!kinds.includes(token.kind)) throw this.#unexpected(wanted)
    this.#next++
    return token
  }

  #unexpected(wanted: string): LogqlError {
    const { kind, text, at } = this.#peek()
    return new LogqlError(`at ${at}: ${kind === 'end' ? 'the end' : `'${text}'`} where ${wanted} is expected`)
  }

  #log(): LogQuery {
    this.#expect('{')
    const selector: Condition[] = []
    while (!this.#skip('}')) {
      const condition = this.#condition(MATCH_OPS)
      if (typeof condition.value !== 'string') throw new LogqlError(`${condition.label} is compared with a number`)
      selector.push(condition)
      if (!this.#is('}')) this.#expect(',')
    }
    if (selector.length === 0) throw new LogqlError('a selector needs a label')
    const stages: Stage[] = []
    while (this.#is('|', ...LINE_OPS)) stages.push(this.#stage())
    return { kind: 'log', selector, stages }
  }

  #stage(): Stage {
    const { text } = this.#take(['op'], 'a stage')
    if (text !== '|') return { kind: 'line', op: text as LineOp, value: unquote(this.#take(['string'], 'a text').text) }
    if (this.#skip('json')) return { kind: 'json' }
    if (this.#skip('line_format')) return { kind: 'format', template: this.#template() }
    const anyOf = [this.#condition(COMPARE_OPS)]
    while (this.#skip('or')) anyOf.push(this.#condition(COMPARE_OPS))
    return { kind: 'label', anyOf }
  }

  #template(): string {
    const template = unquote(this.#take(['string'], 'a template').text)
    const unknown = template.replaceAll(KNOWN_TEMPLATE, '').match(/\{\{.*?\}\}/)
    if (unknown !== null) throw new LogqlError(`${unknown[0]} is no {{.label}} and no {{__line__}}`)
    return template
  }

  #condition(ops: readonly string[]): Condition {
    const label = this.#take(['word'], 'the name of a label').text
    const op = this.#take(['op'], 'an operator').text
    if (!ops.includes(op)) throw new LogqlError(`${op} does not compare ${label}; ${ops.join(', ')} do`)
    const { kind, text } = this.#take(['string', 'number', 'variable'], 'a value')
    const value = kind === 'string' ? unquote(text) : Number(text)
    const wantsText = MATCH_OPS.includes(op)
    if (wantsText !== (typeof value === 'string') && op !== '=' && op !== '!=')
      throw new LogqlError(`${label} ${op} takes ${wantsText ? 'a text' : 'a number'}`)
    return { label, op: op as CompareOp, value }
  }

  #metric(): MetricQuery {
    const name = this.#take(['word'], 'a selector or a function').text
    const fn = RANGE_FUNCTIONS.find(one => one === name)
    if (fn !== undefined) {
      this.#expect('(')
      const of = this.#log()
      const rangeMs = this.#range()
      this.#expect(')')
      return { kind: 'range', fn, of, rangeMs }
    }
    const op = AGGREGATIONS.find(one => one === name)
    if (op === undefined) throw new LogqlError(`there is no function ${name}`)
    return this.#aggregation(op)
  }

  #aggregation(op: Aggregation['op']): Aggregation {
    const before = this.#by()
    this.#expect('(')
    const wantsCount = op === 'topk' || op === 'bottomk'
    const k = wantsCount ? Number(this.#take(['number'], 'a number').text) : 0
    if (wantsCount) this.#expect(',')
    const of = this.#metric()
    this.#expect(')')
    return { kind: 'aggregation', op, k, by: before ?? this.#by(), of }
  }

  #by(): readonly string[] | null {
    if (!this.#skip('by')) return null
    this.#expect('(')
    const labels: string[] = []
    while (!this.#skip(')')) {
      labels.push(this.#take(['word'], 'the name of a label').text)
      if (!this.#is(')')) this.#expect(',')
    }
    return labels
  }

  #range(): number | null {
    this.#expect('[')
    const { kind, text } = this.#take(['duration', 'variable'], 'a duration such as 5m')
    this.#expect(']')
    if (kind === 'variable') return null
    const [, count = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? []
    return Number(count) * (UNIT_MS[unit] ?? 0)
  }
}
