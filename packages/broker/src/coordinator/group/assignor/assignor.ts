/** Topic id → partition numbers, ascending. Topics without partitions are left out. */
export type MemberAssignment = ReadonlyMap<string, readonly number[]>

/** What a member wants, with names and patterns resolved. */
export interface MemberSubscription {
  readonly instanceId: string | null
  readonly rackId: string | null
  /** Members that subscribe alike may share one set: it is compared faster. */
  readonly subscribedTopicIds: ReadonlySet<string>
}

export interface MemberSpec extends MemberSubscription {
  /** The target that it has at present: what a sticky assignor keeps. */
  readonly owned: MemberAssignment
}

/** The number of partitions of a topic by its id; a topic that is not there has none. A Map is one. */
export interface PartitionCounts {
  get(topicId: string): number | undefined
}

export interface AssignmentSpec {
  /** By member id. */
  readonly members: ReadonlyMap<string, MemberSpec>
  readonly partitionCounts: PartitionCounts
}

/**
 * Who gets which partition. Each partition of a subscribed topic goes to exactly one of its subscribers. Pure, and
 * the order of the maps does not matter. Kafka's names: `group.remote.assignor` of a consumer.
 */
export interface PartitionAssignor {
  readonly name: string
  /** An entry for every member, also for those that get nothing. */
  assign(spec: AssignmentSpec): ReadonlyMap<string, MemberAssignment>
}

/** The order of members, topics and instances, as Java compares strings. */
export function byId(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
