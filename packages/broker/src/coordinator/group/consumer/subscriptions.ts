import { crc32c } from '@streambus/base'
import type { MetadataImage } from '../../../controller/image.ts'
import { hashCode } from '../../runtime/coordinator-runtime.ts'
import type { MemberSubscription } from '../assignor/assignor.ts'
import type { ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** What groups need to know of topics. `topicsVersion` grows with every topic that comes, goes or gets partitions. */
export type GroupTopics = Pick<MetadataImage, 'topicByName' | 'topicById' | 'topics' | 'topicsVersion'>
export type Regexes = ReadonlyMap<string, ResolvedRegex>

/** Every topic that somebody wants, by name or by a pattern. */
export function subscribedNames(members: Iterable<ConsumerMember>, regexes: Regexes): Set<string> {
  const names = new Set<string>()
  for (const { subscribedTopics, subscribedRegex } of members) {
    for (const name of subscribedTopics) names.add(name)
    for (const name of regexes.get(subscribedRegex)?.topics ?? []) names.add(name)
  }
  return names
}

/**
 * Another number when one of the topics comes, goes, is made anew or gets partitions: then the target is out of date.
 * Below 2^53; 0 when there are no topics.
 */
export function metadataHash(names: Iterable<string>, topics: GroupTopics): number {
  const parts: string[] = []
  for (const name of names) {
    const topic = topics.topicByName(name)
    if (topic !== undefined) parts.push(`${topic.id} ${topic.partitions.length}`)
  }
  if (parts.length === 0) return 0
  const text = parts.sort().join()
  return (hashCode(text) & 0x1f_ffff) * 2 ** 32 + (crc32c(Buffer.from(text)) >>> 0)
}

/** The ids of the topics that a member wants and that exist. */
export function topicIdsOf(
  { subscribedTopics, subscribedRegex }: Pick<ConsumerMember, 'subscribedTopics' | 'subscribedRegex'>,
  regexes: Regexes,
  topics: GroupTopics
): Set<string> {
  const ids = new Set<string>()
  for (const names of [subscribedTopics, regexes.get(subscribedRegex)?.topics ?? []]) {
    for (const name of names) {
      const topic = topics.topicByName(name)
      if (topic !== undefined) ids.add(topic.id)
    }
  }
  return ids
}

/** What assignors are told of the members; those that subscribe alike share one set. */
export function subscriptionsOf(
  members: ReadonlyMap<string, ConsumerMember>,
  regexes: Regexes,
  topics: GroupTopics
): ReadonlyMap<string, MemberSubscription> {
  const shared = new Map<string, Set<string>>()
  const subscriptions = new Map<string, MemberSubscription>()
  for (const [memberId, member] of members) {
    const { instanceId, rackId, subscribedTopics, subscribedRegex } = member
    const key = JSON.stringify([subscribedRegex, ...subscribedTopics])
    let subscribedTopicIds = shared.get(key)
    if (subscribedTopicIds === undefined) {
      subscribedTopicIds = topicIdsOf(member, regexes, topics)
      shared.set(key, subscribedTopicIds)
    }
    subscriptions.set(memberId, { instanceId, rackId, subscribedTopicIds })
  }
  return subscriptions
}
