import { PatternError, patternOfSetting } from './name-pattern.ts'

/** Types as DescribeConfigs knows them; `enum` is a string there. */
export type SettingKind = 'boolean' | 'int' | 'long' | 'double' | 'string' | 'list' | 'enum' | 'password'

/** `no`: read at start only. `cluster`: may be changed at run time, for one broker or for all. */
export type Dynamic = 'no' | 'cluster'

export type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** One row of a table of settings: how its text becomes a value and back, and what to tell people about it. */
export interface Setting<T> {
  readonly kind: SettingKind
  readonly default: T
  readonly dynamic: Dynamic
  readonly isSensitive: boolean
  readonly doc: string
  /** Hides what must not be shown of a text that was refused. Default: all of it may. */
  readonly redact?: (text: string) => string
  /** What is allowed, as the rest of a sentence: 'a whole number from 1 to 10'. */
  readonly allowed: string
  /** Never throws. The problem says what is allowed, not which setting or value it was. */
  parse(text: string): Parsed<T>
  /** The text that `parse` reads as `value`; null for a value that is not set. */
  format(value: T): string | null
}

/** A row whose value type does not matter. */
export type AnySetting = Setting<never>

/** The value that a row yields. */
export type ValueOf<S> = S extends Setting<infer T> ? T : never

interface Common<T> {
  readonly default: T
  readonly doc: string
  readonly dynamic?: Dynamic
}

interface NumberOptions extends Common<number> {
  readonly min?: number
  readonly max?: number
  /** A value inside the range that is not allowed. */
  readonly except?: number
}

const INT_MAX = 2 ** 31 - 1
/** Longs above 2^53 − 1 all mean "never" or "no limit": they are kept as this number and shown as Kafka's maximum. */
export const LONG_MAX = Number.MAX_SAFE_INTEGER
const LONG_MAX_TEXT = '9223372036854775807'

export function boolean(options: Common<boolean>): Setting<boolean> {
  return setting('boolean', options, {
    allowed: 'true or false',
    read: text => {
      const lower = text.toLowerCase()
      return lower === 'true' || lower === 'false' ? lower === 'true' : null
    },
    format: String
  })
}

/** 32 bits. */
export function int(options: NumberOptions): Setting<number> {
  return whole('int', options, { min: options.min ?? -INT_MAX - 1, max: options.max ?? INT_MAX })
}

/** 64 bits on paper; see LONG_MAX. */
export function long(options: NumberOptions): Setting<number> {
  return whole('long', options, { min: options.min ?? -LONG_MAX, max: options.max ?? LONG_MAX })
}

export function double(options: NumberOptions & { readonly min: number; readonly max: number }): Setting<number> {
  const { min, max } = options
  return setting('double', options, {
    allowed: `a number from ${min} to ${max}`,
    read: text => {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : null
    },
    format: String
  })
}

export function string(
  options: Common<string> & {
    readonly pattern?: RegExp
    readonly allowed?: string
    readonly redact?: (text: string) => string
  }
): Setting<string> {
  const { pattern, allowed = 'text', redact } = options
  const base = setting('string', options, {
    allowed,
    read: text => (pattern === undefined || pattern.test(text) ? text : null),
    format: value => value
  })
  return redact === undefined ? base : { ...base, redact }
}

/** A pattern of names, as its text; one that cannot be compiled is refused with the reason. */
export function pattern(options: Common<string>): Setting<string> {
  const allowed = 'a regular expression in the syntax of RE2'
  const base = setting('string', options, { allowed, read: text => text, format: value => value })
  return {
    ...base,
    parse(text) {
      try {
        return { value: patternOfSetting(text.trim()).text }
      } catch (error) {
        if (error instanceof PatternError) return { problem: `${allowed}: ${error.message}` }
        throw error
      }
    }
  }
}

/** Never shown again. Spaces around it belong to it. */
export function password(options: Common<string>): Setting<string> {
  const base = setting('password', options, { allowed: 'text', read: text => text, format: value => value })
  return { ...base, isSensitive: true, parse: text => ({ value: text }) }
}

export function oneOf<const V extends string>(
  options: Common<NoInfer<V>> & { readonly values: readonly V[] }
): Setting<V> {
  const { values } = options
  return setting<V>('enum', options, {
    allowed: `one of ${values.join(', ')}`,
    read: text => values.find(value => value === text) ?? null,
    format: value => value
  })
}

/** Comma separated. */
export function list(
  options: Common<readonly string[]> & { readonly item?: RegExp; readonly allowed?: string }
): Setting<readonly string[]> {
  const { item, allowed = 'a comma-separated list' } = options
  return setting('list', options, {
    allowed,
    read: text => {
      const items = splitList(text)
      return item === undefined || items.every(each => item.test(each)) ? items : null
    },
    format: value => value.join(',')
  })
}

/** Comma separated; never shown again. */
export function secrets(
  options: Common<readonly string[]> & { readonly item: RegExp; readonly allowed: string }
): Setting<readonly string[]> {
  return { ...list(options), kind: 'password', isSensitive: true }
}

/** Comma separated, each item one of `values`; empty is allowed. */
export function listOf<const V extends string>(
  options: Common<readonly NoInfer<V>[]> & { readonly values: readonly V[] }
): Setting<readonly V[]> {
  const { values } = options
  return setting<readonly V[]>('list', options, {
    allowed: `a comma-separated list of ${values.join(', ')}`,
    read: text => {
      const items = [...new Set(splitList(text).map(each => values.find(value => value === each)))]
      return items.every(each => each !== undefined) ? items : null
    },
    format: value => value.join(',')
  })
}

/** The same setting, not set by default: something else decides then. */
export function optional<T>(base: Setting<T>): Setting<T | null> {
  return { ...base, default: null, format: value => (value === null ? null : base.format(value)) }
}

/** Items without the spaces around them; empty ones are dropped. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}

/** Kafka's maximum of a long stands for our largest exact number. */
export function formatLong(value: number): string {
  return value >= LONG_MAX ? LONG_MAX_TEXT : String(value)
}

function whole(kind: 'int' | 'long', options: NumberOptions, range: { min: number; max: number }): Setting<number> {
  const { min, max } = range
  const format = kind === 'long' ? formatLong : String
  const lowest = min === -LONG_MAX ? '-9223372036854775808' : String(min)
  const { except } = options
  return setting(kind, options, {
    allowed: `a whole number from ${lowest} to ${format(max)}${except === undefined ? '' : `, except ${except}`}`,
    read: text => {
      if (!/^[+-]?\d{1,19}$/.test(text)) return null
      // Compared exactly, so that one above the 64-bit maximum is refused and not rounded into it.
      const exact = BigInt(text.replace('+', ''))
      if (exact > BigInt(format(max)) || exact < BigInt(lowest) || Number(exact) === except) return null
      return Math.max(Math.min(Number(exact), LONG_MAX), -LONG_MAX)
    },
    format
  })
}

function setting<T>(
  kind: SettingKind,
  { default: fallback, doc, dynamic = 'no' }: Common<T>,
  how: {
    readonly allowed: string
    readonly read: (text: string) => T | null
    readonly format: (value: T) => string | null
  }
): Setting<T> {
  const { allowed, read, format } = how
  return {
    kind,
    default: fallback,
    dynamic,
    isSensitive: false,
    doc,
    allowed,
    parse(text) {
      const value = read(text.trim())
      return value === null ? { problem: allowed } : { value }
    },
    format
  }
}
