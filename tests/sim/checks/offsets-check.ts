import {
  deleteGroupsApi,
  type OffsetFetchResponse,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi
} from '@streambus/protocol'
import { type Arrival, answerOf, type Check, nameOf, requestOf } from '../facts.ts'
import { PASSING_TOPIC } from '../passing-topic.ts'
import { partitionName, splitPartition } from '../topics.ts'
import { holds } from '../violation.ts'
import type { World } from './world.ts'

/** Of a partition of a group: a commit (its text names it) or its deletion (null), in the order of arrival. */
interface Write {
  readonly at: number
  readonly text: string | null
  readonly writtenMs: number
  state: 'open' | 'acked' | 'refused' | 'unknown'
}

interface Key {
  readonly groupId: string
  readonly partition: string
  readonly writes: Write[]
  /** Nothing older than the write at this position may ever be seen: it was acknowledged, or shown. */
  floor: number
  /** The same for the memory of the present life, which may show what is not committed yet. */
  seenFloor: number
  seenBoot: number
  /** What the broker held at the last look. */
  seen: unknown
}

interface Fetched {
  /** By partition: the floor and the last write when the request arrived. */
  readonly ranges: ReadonlyMap<string, { readonly from: number; readonly until: number }>
  readonly mustFail: boolean
}

/** Of these nobody can tell whether the write happened: it was made, and then nobody waited any longer. */
const UNKNOWN_ENDS = new Set(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])

/**
 * R16. An acknowledged commit survives everything; what a group has committed never goes back, within a life of the
 * broker not even before it is acknowledged; a fetch shows what was acknowledged before it arrived, or something newer;
 * no offset at all only after a deletion or when it may have expired; and nothing while the coordinator is loading.
 */
export class OffsetsCheck implements Check {
  readonly #world: World
  readonly #keys = new Map<string, Key>()
  readonly #writesOf = new Map<Arrival, Map<string, Write>>()
  readonly #fetches = new Map<Arrival, ReadonlyMap<string, Fetched>>()
  #position = 0

  constructor(world: World) {
    this.#world = world
  }

  arrived(arrival: Arrival): void {
    const commit = requestOf(arrival, offsetCommitApi)
    for (const { partition, committedMetadata } of named(commit?.topics)) {
      this.#write(arrival, this.#key(commit?.groupId ?? '', partition), committedMetadata ?? '')
    }
    const deletion = requestOf(arrival, offsetDeleteApi)
    for (const { partition } of named(deletion?.topics)) {
      this.#write(arrival, this.#key(deletion?.groupId ?? '', partition), null)
    }
    for (const groupId of requestOf(arrival, deleteGroupsApi)?.groupsNames ?? []) {
      for (const key of this.#keysOf(groupId)) this.#write(arrival, key, null)
    }
    const fetch = requestOf(arrival, offsetFetchApi)
    if (fetch === null) return
    const groups = arrival.version >= 8 ? (fetch.groups ?? []) : [{ groupId: fetch.groupId ?? '' }]
    this.#fetches.set(arrival, new Map(groups.map(({ groupId }) => [groupId, this.#fetched(groupId)])))
  }

  answered(arrival: Arrival, answer: unknown): void {
    const commit = answerOf(arrival, answer, offsetCommitApi)
    for (const { partition, errorCode } of named(commit?.topics)) this.#settle(arrival, partition, nameOf(errorCode))
    const deletion = answerOf(arrival, answer, offsetDeleteApi)
    for (const { partition, errorCode } of named(deletion?.topics)) this.#settle(arrival, partition, nameOf(errorCode))
    if (deletion !== null) this.#settleRest(arrival, nameOf(deletion.errorCode))
    const [deleted] = answerOf(arrival, answer, deleteGroupsApi)?.results ?? []
    if (deleted !== undefined) this.#settleRest(arrival, nameOf(deleted.errorCode))
    const fetched = answerOf(arrival, answer, offsetFetchApi)
    if (fetched !== null) this.#compare(arrival, fetched)
    this.#writesOf.delete(arrival)
  }

  lost(arrival: Arrival): void {
    for (const write of this.#writesOf.get(arrival)?.values() ?? []) write.state = 'unknown'
    this.#writesOf.delete(arrival)
    this.#fetches.delete(arrival)
  }

  /** What the broker holds in memory, committed or not. */
  look(): void {
    const { broker } = this.#world
    for (const key of this.#keys.values()) {
      const shard = broker.shardOf(key.groupId)
      if (shard === null) continue
      const { topic, index } = splitPartition(key.partition)
      const offset = shard.store.get(key.groupId, topic, index)
      if (offset === key.seen && key.seenBoot === broker.boot && key.seenFloor >= key.floor) continue
      key.seen = offset
      if (key.seenBoot !== broker.boot) key.seenFloor = key.floor
      key.seenBoot = broker.boot
      const from = Math.max(key.floor, key.seenFloor)
      key.seenFloor = this.#positionOf(key, offset?.metadata ?? null, { from, until: this.#position }, 'holds')
    }
  }

  #fetched(groupId: string): Fetched {
    const ranges = this.#keysOf(groupId).map(
      ({ partition, floor }) => [partition, { from: floor, until: this.#position }] as const
    )
    return { ranges: new Map(ranges), mustFail: !this.#world.broker.isLoaded(groupId) }
  }

  #compare(arrival: Arrival, answer: OffsetFetchResponse): void {
    const { groupId: wanted = '' } = requestOf(arrival, offsetFetchApi) ?? {}
    const groups = arrival.version >= 8 ? answer.groups : [{ ...answer, groupId: wanted }]
    for (const { groupId, errorCode, topics } of groups) {
      const fetched = this.#fetches.get(arrival)?.get(groupId)
      if (fetched === undefined) continue
      const isFailed = nameOf(errorCode) !== 'NONE'
      const what = (): string => `#${arrival.number} got offsets of ${groupId} while they were being loaded`
      holds(isFailed || !fetched.mustFail, 'R16 load', what)
      if (isFailed) continue
      const shown = new Map(named(topics).map(each => [each.partition, each]))
      for (const [partition, range] of fetched.ranges) {
        const key = this.#key(groupId, partition)
        const offset = shown.get(partition)
        // Who asks for single partitions hears of no others; who asks for all hears of those that there are.
        if (offset === undefined && !asksForAll(arrival, groupId)) continue
        const isThere = offset !== undefined && offset.committedOffset >= 0
        const position = this.#positionOf(key, isThere ? (offset.metadata ?? '') : null, range, 'shows')
        key.floor = Math.max(key.floor, position)
      }
    }
    this.#fetches.delete(arrival)
  }

  /** The position of the write that explains what is seen; throws Violation when there is none in `range`. */
  #positionOf(key: Key, text: string | null, range: { from: number; until: number }, verb: string): number {
    if (text === null && range.from === 0) return 0
    const isRight = (write: Write): boolean =>
      write.text === text && write.at >= range.from && write.at <= range.until && write.state !== 'refused'
    const write = key.writes.find(isRight)
    if (write !== undefined) return write.at
    const name = `partition ${key.partition} of ${key.groupId}`
    if (text === null && this.#world.mayHaveExpired(key, this.#lastMs(key, range.from))) {
      // Its tombstone may be lost again, so what was acknowledged may come back.
      const { nowMs } = this.#world.timeline
      key.writes.push({ at: range.until, text: null, writtenMs: nowMs, state: 'unknown' })
      return key.floor
    }
    const floor = key.writes.find(({ at }) => at >= range.from && at <= range.until)
    const expected = `'${floor?.text ?? 'nothing'}' (${floor?.state}, number ${range.from}) or newer`
    return holds(
      false,
      'R16',
      () => `the broker ${verb} ${text ?? 'nothing'} for ${name}, expected ${expected}`
    ) as never
  }

  #lastMs({ writes }: Key, from: number): number {
    return writes.find(({ at, text }) => at >= from && text !== null)?.writtenMs ?? 0
  }

  #write(arrival: Arrival, key: Key, text: string | null): void {
    const write: Write = { at: ++this.#position, text, writtenMs: this.#world.timeline.nowMs, state: 'open' }
    key.writes.push(write)
    const writes = this.#writesOf.get(arrival) ?? new Map<string, Write>()
    this.#writesOf.set(arrival, writes.set(key.partition, write))
  }

  #settle(arrival: Arrival, partition: string, error: string): void {
    const write = this.#writesOf.get(arrival)?.get(partition)
    if (write === undefined || write.state !== 'open') return
    if (error !== 'NONE') {
      write.state = UNKNOWN_ENDS.has(error) ? 'unknown' : 'refused'
      return
    }
    write.state = 'acked'
    const body = arrival.body as { groupId?: string; groupsNames?: string[] }
    const key = this.#key(body.groupId ?? body.groupsNames?.[0] ?? '', partition)
    key.floor = Math.max(key.floor, write.at)
  }

  #settleRest(arrival: Arrival, error: string): void {
    for (const partition of this.#writesOf.get(arrival)?.keys() ?? []) this.#settle(arrival, partition, error)
  }

  #keysOf(groupId: string): Key[] {
    return [...this.#keys.values()].filter(key => key.groupId === groupId)
  }

  #key(groupId: string, partition: string): Key {
    const name = `${groupId}/${partition}`
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = { groupId, partition, writes: [], floor: 0, seenFloor: 0, seenBoot: 0, seen: undefined }
      this.#keys.set(name, key)
    }
    return key
  }
}

/** The partitions of requests and answers, by their names. The topic that comes and goes has a check of its own. */
function named<P extends { readonly partitionIndex: number }>(
  topics: readonly { readonly name?: string | undefined; readonly partitions: readonly P[] }[] | undefined
): (P & { readonly partition: string })[] {
  return (topics ?? []).flatMap(({ name = '', partitions }) => {
    if (name === PASSING_TOPIC) return []
    return partitions.map(each => ({ ...each, partition: partitionName(name, each.partitionIndex) }))
  })
}

function asksForAll(arrival: Arrival, groupId: string): boolean {
  const body = requestOf(arrival, offsetFetchApi)
  if (arrival.version < 8) return body?.topics === null
  return body?.groups?.find(group => group.groupId === groupId)?.topics === null
}
