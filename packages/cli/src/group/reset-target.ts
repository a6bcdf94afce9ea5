import { parseDateTime, parseDuration } from '../time-text.ts'
import { parseWhole, UsageError } from '../usage-error.ts'

/** Where offsets are to go. `file` says it for each partition; `current` leaves them where they are. */
export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'current' }

export interface TargetOptions {
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toOffset?: string
  readonly shiftBy?: string
  readonly toDatetime?: string
  readonly byDuration?: string
  readonly fromFile?: string
  readonly export?: boolean
}

const ALL = [
  '--to-earliest',
  '--to-latest',
  '--to-offset N',
  '--shift-by N',
  '--to-datetime TIME',
  '--by-duration DURATION',
  '--from-file FILE'
].join(', ')

/** The one target that was given; `current` for --export alone. Durations count back from `nowMs`. UsageError else. */
export function parseTarget(options: TargetOptions, nowMs: number): ResetTarget {
  const { toOffset, shiftBy, toDatetime, byDuration, fromFile } = options
  const { MIN_SAFE_INTEGER: min, MAX_SAFE_INTEGER: max } = Number
  const given: [option: string, target: () => ResetTarget][] = []
  if (options.toEarliest) given.push(['--to-earliest', () => ({ kind: 'earliest' })])
  if (options.toLatest) given.push(['--to-latest', () => ({ kind: 'latest' })])
  if (toOffset !== undefined) {
    given.push([
      '--to-offset',
      () => ({ kind: 'offset', offset: parseWhole(toOffset, '--to-offset', { min: 0, max }) })
    ])
  }
  if (shiftBy !== undefined) {
    given.push(['--shift-by', () => ({ kind: 'shift', by: parseWhole(shiftBy, '--shift-by', { min, max }) })])
  }
  if (toDatetime !== undefined) {
    given.push(['--to-datetime', () => ({ kind: 'time', timestampMs: parseDateTime(toDatetime, '--to-datetime') })])
  }
  if (byDuration !== undefined) {
    given.push(['--by-duration', () => ({ kind: 'time', timestampMs: ago(byDuration, nowMs) })])
  }
  if (fromFile !== undefined) given.push(['--from-file', () => ({ kind: 'file', path: fromFile })])
  const [first, second] = given
  if (first === undefined && options.export) return { kind: 'current' }
  if (first === undefined) throw new UsageError(`nothing says where the offsets should go: give one of ${ALL}`)
  if (second !== undefined) throw new UsageError(`${first[0]} and ${second[0]} exclude each other; give one of them`)
  return first[1]()
}

function ago(text: string, nowMs: number): number {
  const timestampMs = nowMs - parseDuration(text, '--by-duration')
  if (timestampMs >= 0) return timestampMs
  throw new UsageError(
    `--by-duration is '${text}', which is before 1970; --to-earliest goes back as far as there are records`
  )
}
