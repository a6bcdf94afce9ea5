import { createRequire } from 'node:module'
import type { RE2JS, RE2JSException } from 're2js'

/** A pattern of names, in the syntax of RE2: no look-around, no back-references, linear time. */
export interface NamePattern {
  readonly text: string
  /** Whether the whole name matches. Up to half a millisecond for the worst pattern and the longest name. */
  matches(name: string): boolean
}

export interface PatternLimits {
  /** Characters of the pattern. */
  readonly lengthMax: number
  /** Instructions of the compiled pattern: about one for each character that is to match. */
  readonly programMax: number
}

/** Why a text is no pattern; the rest of a sentence. */
export class PatternError extends Error {}

/** What patterns are compiled with: 7 ms to load, so whoever needs it does. */
export interface Re2 {
  readonly RE2JS: typeof RE2JS
  readonly RE2JSException: typeof RE2JSException
}

const LIMITS: PatternLimits = { lengthMax: 4096, programMax: 4096 }

/** Instructions that a pattern is ever compiled to, to find out that they are too many: about 100 ms. */
const EXPANSION_MAX = 65_536

/** The two that settings have by default need no engine. */
const EVERY_NAME: NamePattern = { text: '.*', matches: () => true }
const NO_NAME: NamePattern = { text: '', matches: name => name === '' }

/** Throws PatternError. */
export function compilePattern(re2: Re2, text: string, { lengthMax, programMax }: PatternLimits = LIMITS): NamePattern {
  if (text.length > lengthMax) {
    throw new PatternError(`it has ${text.length} characters, at most ${lengthMax} are allowed`)
  }
  if (expandedLength(text) > Math.max(EXPANSION_MAX, programMax))
    throw new PatternError('its repetitions {n,m} are too large')
  let compiled: RE2JS
  try {
    compiled = re2.RE2JS.compile(text)
  } catch (error) {
    if (error instanceof re2.RE2JSException) throw new PatternError(error.message)
    throw error
  }
  if (compiled.programSize() > programMax) {
    throw new PatternError(`it compiles to ${compiled.programSize()} instructions, at most ${programMax} are allowed`)
  }
  return { text, matches: name => compiled.testExact(name) }
}

/** The pattern of a setting, at once: settings are read without waiting. Throws PatternError. */
export function patternOfSetting(text: string): NamePattern {
  if (text === EVERY_NAME.text) return EVERY_NAME
  return text === NO_NAME.text ? NO_NAME : compilePattern(createRequire(import.meta.url)('re2js') as Re2, text)
}

const REPETITION = /\{(\d+)(?:,(\d*))?\}/y
/** A class, or something escaped: one instruction, however long. */
const SINGLE = /\[\^?\]?(?:\\.|[^\]\\])*\]|\\./sy

/** About as many instructions as with all repetitions written out; those of groups multiply what is in them. */
function expandedLength(text: string): number {
  const outer: number[] = []
  let total = 0
  /** Of what a repetition would repeat. */
  let last = 0
  for (let at = 0; at < text.length; ) {
    REPETITION.lastIndex = SINGLE.lastIndex = at
    const repeated = REPETITION.exec(text)
    const length = repeated?.[0].length ?? SINGLE.exec(text)?.[0].length ?? 1
    if (repeated !== null) {
      const times = Math.max(1, Number(repeated[2] || repeated[1]))
      total += last * (times - 1)
      last *= times
    } else if (text[at] === '(') {
      outer.push(total)
      total = last = 0
    } else if (text[at] === ')') {
      last = total
      total += outer.pop() ?? 0
    } else {
      last = 1
      total++
    }
    at += length
  }
  return outer.reduce((sum, size) => sum + size, total)
}
