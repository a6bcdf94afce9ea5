import { compilePattern, type NamePattern, PatternError, type PatternLimits } from '../../../config/name-pattern.ts'
import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'

/** A pattern of topic names, in the syntax of RE2 as with Kafka. */
export type TopicPattern = NamePattern

export type PatternCompiler = (text: string, limits?: PatternLimits) => TopicPattern

/** Of a pattern in an error message. */
const SHOWN_MAX = 100

/**
 * The compiler; what it compiles with is loaded with the first call (7 ms), because few groups need it. It throws
 * CoordinatorRefused INVALID_REGULAR_EXPRESSION, saying what is wrong.
 */
export async function loadPatternCompiler(): Promise<PatternCompiler> {
  const re2 = await import('re2js')
  return (text, limits) => {
    try {
      return compilePattern(re2, text, limits)
    } catch (error) {
      throw error instanceof PatternError ? refused(text, error.message) : error
    }
  }
}

/** Kafka's words. */
function refused(text: string, why: string): CoordinatorRefused {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
  const message = `SubscribedTopicRegex \`${shown}\` is not a valid regular expression: ${why}.`
  return new CoordinatorRefused('INVALID_REGULAR_EXPRESSION', message)
}
