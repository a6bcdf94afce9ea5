import type { ClassicGroup } from './classic/classic-group.ts'
import { assignedPartitions } from './classic/subscription.ts'

const EMPTY = Buffer.alloc(0)

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  /** Empty while the members have not agreed on one. */
  readonly protocol: string
  readonly generation: number
  readonly members: readonly MemberDescription[]
}

export interface MemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly metadata: Buffer
  readonly assignment: Buffer
  /** By topic, what a classic consumer was assigned; null for other protocols. */
  readonly owned: ReadonlyMap<string, readonly number[]> | null
}

/** As it is now. What members say of themselves and own is told only of a stable group, as in Kafka. */
export function describeClassic(group: ClassicGroup): GroupDescription {
  const isStable = group.state === 'Stable'
  return {
    groupId: group.groupId,
    state: group.stateName,
    protocolType: group.protocolTypeName,
    protocol: isStable ? (group.protocol ?? '') : '',
    generation: group.generation,
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? member.metadataFor(group.protocol) : EMPTY,
      assignment: isStable ? member.assignment : EMPTY,
      owned: isStable && group.protocolTypeName === 'consumer' ? assignedPartitions(member.assignment) : null
    }))
  }
}
