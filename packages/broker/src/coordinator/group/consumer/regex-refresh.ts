import type { GroupRecord } from '@streambus/protocol/group-records'
import { type Decision, nothing, type ShardTimers } from '../../runtime/shard.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { epochRecord, regexTombstone } from './consumer-records.ts'
import { PatternMatching } from './pattern-matching.ts'
import type { PatternCompiler } from './subscription-regex.ts'
import { type GroupTopics, metadataHash, type Regexes, subscribedNames } from './subscriptions.ts'

/** The compiler is loaded when the first group needs it. */
export interface Patterns {
  /** Null: not loaded yet. */
  readonly compile: PatternCompiler | null
  load(): Promise<PatternCompiler>
}

export interface RegexOptions {
  readonly timers: ShardTimers<GroupRecord>
  readonly topics: GroupTopics
  readonly patterns: Patterns
  readonly find: (groupId: string) => ConsumerGroup | undefined
  /** The group's epoch rises, because its patterns match other topics. */
  readonly changed: (group: ConsumerGroup, nowMs: number) => void
}

/** What a heartbeat does to the patterns of its group. */
export interface RegexStep {
  readonly records: readonly GroupRecord[]
  /** As it is once the records are written. */
  readonly regexes: Regexes
  readonly isChanged: boolean
}

/** New topics are looked for at most this often; a new pattern is resolved at once. Kafka's number. */
const REFRESH_MIN_MS = 10_000
/** Until the compiler is loaded. */
const LOAD_POLL_MS = 20

interface Refresh {
  readonly version: number
  readonly atMs: number
}

/**
 * Which topics the patterns of a group match: decided anew when a member brings a pattern that nobody had, and when
 * topics came or went. A few hundred topics are matched at once, more of them in slices.
 */
export class RegexRefresh {
  readonly #options: RegexOptions
  readonly #last = new WeakMap<ConsumerGroup, Refresh>()
  readonly #running = new Set<string>()

  constructor(options: RegexOptions) {
    this.#options = options
  }

  /** For the heartbeat of a member that becomes `after`; `members`: the group with it. */
  step(group: ConsumerGroup, members: ReadonlyMap<string, ConsumerMember>, nowMs: number): RegexStep {
    const wanted = wantedBy(members)
    const records = unused(group, wanted)
    const isIdle = this.#running.has(group.groupId) || !this.#isDue(group, wanted, nowMs)
    if (wanted.size === 0 || isIdle) return { records, regexes: group.regexes, isChanged: false }
    const matching = this.#begin(wanted)
    if (matching !== null && matching.advance()) {
      const resolved = this.#resolve(group, matching, nowMs)
      for (const [text, regex] of resolved) records.push(regexRecord(group.groupId, text, regex))
      return { records, regexes: new Map([...group.regexes, ...resolved]), isChanged: resolved.length > 0 }
    }
    this.#running.add(group.groupId)
    this.#later(group.groupId, matching)
    return { records, regexes: group.regexes, isChanged: false }
  }

  /** Nothing is to be done for a heartbeat of a member that keeps this pattern; empty: it has none. */
  isUpToDate(group: ConsumerGroup, text: string, nowMs: number): boolean {
    return text === '' || (group.regexes.has(text) && !this.#isOutdated(group, nowMs))
  }

  #isDue(group: ConsumerGroup, wanted: ReadonlySet<string>, nowMs: number): boolean {
    for (const text of wanted) if (!group.regexes.has(text)) return true
    return this.#isOutdated(group, nowMs)
  }

  #isOutdated(group: ConsumerGroup, nowMs: number): boolean {
    const last = this.#last.get(group)
    if (last === undefined) return true
    return last.version !== this.#options.topics.topicsVersion && nowMs - last.atMs >= REFRESH_MIN_MS
  }

  /** Null: not possible yet. */
  #begin(wanted: ReadonlySet<string>): PatternMatching | null {
    const { patterns, topics } = this.#options
    const { compile } = patterns
    if (compile === null) {
      void patterns.load()
      return null
    }
    const names = Array.from(topics.topics(), ({ name }) => name)
    return new PatternMatching({ texts: wanted, names, version: topics.topicsVersion, compile })
  }

  #later(groupId: string, matching: PatternMatching | null): void {
    const delayMs = matching === null ? LOAD_POLL_MS : 0
    this.#options.timers.set(`regex ${groupId}`, delayMs, nowMs => this.#continue(groupId, matching, nowMs))
  }

  #continue(groupId: string, before: PatternMatching | null, nowMs: number): Decision<GroupRecord, void> {
    const { find, changed, topics } = this.#options
    const group = find(groupId)
    const wanted = group === undefined ? new Set<string>() : wantedBy(group.members)
    const matching = before ?? this.#begin(wanted)
    if (group !== undefined && (matching === null || !matching.advance())) {
      this.#later(groupId, matching)
      return nothing()
    }
    this.#running.delete(groupId)
    if (group === undefined || matching === null) return nothing()
    const resolved = this.#resolve(group, matching, nowMs).filter(([text]) => wanted.has(text))
    if (resolved.length === 0) return nothing()
    const regexes = new Map([...group.regexes, ...resolved])
    const hash = metadataHash(subscribedNames(group.members.values(), regexes), topics)
    const records = resolved.map(([text, regex]) => regexRecord(groupId, text, regex))
    records.push(epochRecord(groupId, group.epoch + 1, hash))
    changed(group, nowMs)
    return { records, answer: undefined }
  }

  /** The patterns that match something else than what is known of them. */
  #resolve(group: ConsumerGroup, { found, version }: PatternMatching, nowMs: number): [string, ResolvedRegex][] {
    const resolved: [string, ResolvedRegex][] = []
    for (const [text, topics] of found) {
      const known = group.regexes.get(text)?.topics
      const isSame = known?.length === topics.length && known.every((name, i) => name === topics[i])
      if (!isSame) resolved.push([text, { topics, version, resolvedMs: nowMs }])
    }
    // Not before it is written: whoever comes next looks again.
    if (resolved.length === 0) this.#last.set(group, { version, atMs: nowMs })
    return resolved
  }
}

/** Tombstones of the patterns that nobody uses any more. */
export function unused(group: ConsumerGroup, wanted: ReadonlySet<string>): GroupRecord[] {
  return [...group.regexes.keys()].filter(text => !wanted.has(text)).map(text => regexTombstone(group.groupId, text))
}

export function wantedBy(members: ReadonlyMap<string, ConsumerMember>): Set<string> {
  const wanted = new Set<string>()
  for (const { subscribedRegex } of members.values()) if (subscribedRegex !== '') wanted.add(subscribedRegex)
  return wanted
}

function regexRecord(groupId: string, regularExpression: string, regex: ResolvedRegex): GroupRecord {
  const { topics, version, resolvedMs: timestamp } = regex
  return { kind: 'regex', groupId, regularExpression, value: { topics, version, timestamp } }
}
