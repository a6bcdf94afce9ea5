/** Longer names are cut: they come from clients. */
const TEXT_MAX = 256

export type MemberEventKind = 'joined' | 'left' | 'expired' | 'fenced'

/** What happened in a group, as it is told to the timeline. */
export type GroupEvent =
  | {
      readonly kind: MemberEventKind
      readonly memberId: string
      readonly clientId: string
      /** `group.instance.id` of a static member, or null. */
      readonly instanceId: string | null
    }
  /** `generation` is the group epoch of a KIP-848 group. */
  | { readonly kind: 'rebalance-started'; readonly generation: number; readonly reason: string }
  | {
      readonly kind: 'rebalance-ended'
      readonly generation: number
      readonly reason: string
      readonly durationMs: number
    }

export type TimelineEvent = GroupEvent & {
  /** Rises with every event of the broker: a reader can ask for what came after the last one it has. */
  readonly id: number
  /** Wall time. */
  readonly timeMs: number
}

export interface TimelineLimits {
  readonly eventsPerGroup: number
  /** Over all groups. */
  readonly eventsMax: number
}

export const TIMELINE_LIMITS: TimelineLimits = { eventsPerGroup: 200, eventsMax: 20_000 }

/** The newest events of each group, bounded per group and over all of them; the oldest goes first. */
export class GroupTimelines {
  readonly #limits: TimelineLimits
  /** Event id → its group; in the order of the ids. */
  readonly #order = new Map<number, string>()
  /** Oldest first. */
  readonly #groups = new Map<string, TimelineEvent[]>()
  #nextId = 1

  constructor(limits: TimelineLimits = TIMELINE_LIMITS) {
    this.#limits = limits
  }

  get eventCount(): number {
    return this.#order.size
  }

  get groupCount(): number {
    return this.#groups.size
  }

  add(group: string, timeMs: number, event: GroupEvent): void {
    const { eventsPerGroup, eventsMax } = this.#limits
    const id = this.#nextId++
    const events = this.#groups.get(group) ?? []
    if (events.length === 0) this.#groups.set(group, events)
    events.push({ ...shortened(event), id, timeMs })
    this.#order.set(id, group)
    if (events.length > eventsPerGroup) this.#dropFirst(group, events)
    if (this.#order.size > eventsMax) this.#dropOldest()
  }

  /** The events of a group with ids above `afterId`, oldest first. */
  eventsOf(group: string, afterId = 0): readonly TimelineEvent[] {
    return (this.#groups.get(group) ?? []).filter(({ id }) => id > afterId)
  }

  /** The group was deleted. */
  forget(group: string): void {
    for (const { id } of this.#groups.get(group) ?? []) this.#order.delete(id)
    this.#groups.delete(group)
  }

  #dropOldest(): void {
    for (const group of this.#order.values()) return this.#dropFirst(group, this.#groups.get(group) ?? [])
  }

  #dropFirst(group: string, events: TimelineEvent[]): void {
    const first = events.shift()
    if (first !== undefined) this.#order.delete(first.id)
    if (events.length === 0) this.#groups.delete(group)
  }
}

function shortened(event: GroupEvent): GroupEvent {
  if ('reason' in event) return { ...event, reason: event.reason.slice(0, TEXT_MAX) }
  const { memberId, clientId, instanceId } = event
  return {
    ...event,
    memberId: memberId.slice(0, TEXT_MAX),
    clientId: clientId.slice(0, TEXT_MAX),
    instanceId: instanceId?.slice(0, TEXT_MAX) ?? null
  }
}
