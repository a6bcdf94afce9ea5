import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'

/** A pattern of topic names, in the syntax of RE2 as with Kafka: no look-around, no back-references, linear time. */
export interface TopicPattern {
  readonly text: string
  /** Whether the whole name matches. Up to half a millisecond for the worst pattern and the longest name. */
  matches(topic: string): boolean
}

export interface PatternLimits {
  /** Characters of the pattern. */
  readonly lengthMax: number
  /** Instructions of the compiled pattern: about one for each character that is to match. */
  readonly programMax: number
}

export type PatternCompiler = (text: string, limits?: PatternLimits) => TopicPattern

const LIMITS: PatternLimits = { lengthMax: 4096, programMax: 4096 }

/** Instructions that a pattern is ever compiled to, to find out that they are too many: about 100 ms. */
const EXPANSION_MAX = 65_536

/** What RE2 itself allows for repetitions, also nested ones. */
const REPEAT_MAX = 1000

/** Of a pattern in an error message. */
const SHOWN_MAX = 100

/**
 * The compiler; what it compiles with is loaded with the first call (7 ms), because few groups need it. It throws
 * CoordinatorRefused INVALID_REGULAR_EXPRESSION, saying what is wrong.
 */
export async function loadPatternCompiler(): Promise<PatternCompiler> {
  const { RE2JS, RE2JSException } = await import('re2js')
  return (text, { lengthMax, programMax } = LIMITS) => {
    if (text.length > lengthMax)
      throw refused(text, `it has ${text.length} characters, at most ${lengthMax} are allowed`)
    const expanded = text.length * largestRepeat(text)
    if (expanded > Math.max(EXPANSION_MAX, programMax)) throw refused(text, 'its repetitions {n,m} are too large')
    let compiled: InstanceType<typeof RE2JS>
    try {
      compiled = RE2JS.compile(text)
    } catch (error) {
      if (error instanceof RE2JSException) throw refused(text, error.message)
      throw error
    }
    if (compiled.programSize() > programMax) {
      throw refused(text, `it compiles to ${compiled.programSize()} instructions, at most ${programMax} are allowed`)
    }
    return { text, matches: topic => compiled.testExact(topic) }
  }
}

/** How many times a character of the pattern may be repeated at most, nested repetitions multiplied. */
function largestRepeat(text: string): number {
  let times = 1
  for (const [, from, to] of text.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) times *= Math.max(1, Number(to || from))
  return Math.min(times, REPEAT_MAX)
}

/** Kafka's words. */
function refused(text: string, why: string): CoordinatorRefused {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
  const message = `SubscribedTopicRegex \`${shown}\` is not a valid regular expression: ${why}.`
  return new CoordinatorRefused('INVALID_REGULAR_EXPRESSION', message)
}
