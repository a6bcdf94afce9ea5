import type { Topics } from '../topics.ts'

/** What a member of the consumer protocol asks for: topics by name, or a regular expression. */
export interface Subscription {
  readonly names: readonly string[]
  /** Empty: none. */
  readonly regex: string
}

/** In the common part of the syntaxes of RE2 and of this language; the internal topic matches none. */
const REGEXES = ['t', 't+', '[tu]', 't|u', 'u', '[^_].*', '(nothing)?x'] as const

/** Any subscription but an empty one. */
export function drawSubscription(
  random: { pick<T>(from: readonly T[]): T; chance(share: number): boolean },
  topics: Topics,
  regexShare: number
): Subscription {
  const isRegex = random.chance(regexShare)
  const regex = random.pick(REGEXES)
  const first = random.pick(topics.names)
  const isAll = random.chance(0.5)
  if (isRegex) return { names: [], regex }
  return { names: isAll ? topics.names : [first], regex: '' }
}

/** The topics that it comes to. */
export function topicsOf({ names, regex }: Subscription, topics: Topics): string[] {
  const matching = regex === '' ? [] : topics.names.filter(name => new RegExp(`^(?:${regex})$`).test(name))
  return [...new Set([...names, ...matching])].sort()
}
