import { PromqlError } from './ast.ts'

export type TokenKind = 'identifier' | 'number' | 'duration' | 'string' | 'variable' | 'op' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** Of a string: its value. */
  readonly text: string
  readonly at: number
}

const SPACE = /(?:\s|#[^\n]*)+/y
const DURATION = /\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*(?![\w.])/y
const NUMBER = /(?:0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?!\w)/iy
const IDENTIFIER = /[a-z_:][\w:]*/iy
/** Inside of brackets a colon stands between range and step. */
const LABEL = /[a-z_]\w*/iy
/** Grafana's `$x` and `${x}`. */
const VARIABLE = /\$(?:\w+|\{[\w:]+\})/y
const OPERATOR = /=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}[\],:@]/y
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y
const ESCAPE = /\\(?:x[\da-f]{2}|u[\da-f]{4}|.)/gi
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** The words of an expression, ended by one of kind 'end'. Throws PromqlError at what is none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = skip(text, 0)
  let brackets = 0
  while (at < text.length) {
    const token = tokenAt(text, at, brackets > 0)
    tokens.push({ kind: token.kind, text: token.kind === 'string' ? unquote(token.text) : token.text, at })
    if (token.text === '[') brackets++
    if (token.text === ']') brackets--
    at = skip(text, at + token.text.length)
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}

function skip(text: string, at: number): number {
  return at + (match(SPACE, text, at)?.length ?? 0)
}

function tokenAt(text: string, at: number, inBrackets: boolean): { kind: TokenKind; text: string } {
  const patterns: readonly (readonly [TokenKind, RegExp])[] = [
    ['duration', DURATION],
    ['number', NUMBER],
    ['identifier', inBrackets ? LABEL : IDENTIFIER],
    ['variable', VARIABLE],
    ['string', STRING],
    ['op', OPERATOR]
  ]
  for (const [kind, pattern] of patterns) {
    const found = match(pattern, text, at)
    if (found !== null) return { kind, text: found }
  }
  throw new PromqlError(`at ${at}: '${text.slice(at, at + 20)}' is not PromQL`)
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? null
}

function unquote(literal: string): string {
  const inside = literal.slice(1, -1)
  return literal.startsWith('`') ? inside : inside.replaceAll(ESCAPE, unescapeOne)
}

function unescapeOne(escape: string): string {
  const letter = escape.charAt(1)
  if (escape.length > 2) return String.fromCodePoint(Number.parseInt(escape.slice(2), 16))
  return ESCAPES[letter] ?? letter
}
