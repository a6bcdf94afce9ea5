import { decodeAssignment, decodeSubscription } from '@streambus/protocol/consumer-protocol'

/** The partitions, whatever the topic; an empty assignment has none. Throws DecodeError for anything else. */
export function assignedTo(assignment: Buffer): number[] {
  if (assignment.length === 0) return []
  return decodeAssignment(assignment).partitions.flatMap(({ partitions }) => partitions)
}

interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

/** Partitions in turns over the members in the order of their names; static ones by their instance ids. */
export function assignInTurns(members: readonly GroupMember[], partitionCount: number): Map<string, number[]> {
  const nameOf = ({ memberId, groupInstanceId }: GroupMember): string => groupInstanceId ?? memberId
  const sorted = [...members].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const shares = new Map(sorted.map(({ memberId }) => [memberId, [] as number[]]))
  for (let partition = 0; partition < partitionCount && sorted.length > 0; partition++) {
    shares.get((sorted[partition % sorted.length] as GroupMember).memberId)?.push(partition)
  }
  return shares
}

/**
 * As `assignInTurns`, but nobody gets what another one still has: that one hears that it has to give it up, and joins
 * again without it (KIP-429). Of two that claim a partition it is his who is of the newer generation.
 */
export function assignCooperatively(members: readonly GroupMember[], partitionCount: number): Map<string, number[]> {
  const claims = members.map(({ memberId, metadata }) => ({ memberId, ...decodeSubscription(metadata) }))
  const ownerOf = new Map<number, string>()
  for (const { memberId, ownedPartitions } of claims.sort((a, b) => a.generationId - b.generationId)) {
    for (const partition of ownedPartitions.flatMap(({ partitions }) => partitions)) ownerOf.set(partition, memberId)
  }
  const shares = assignInTurns(members, partitionCount)
  for (const [memberId, share] of shares) {
    const free = share.filter(partition => (ownerOf.get(partition) ?? memberId) === memberId)
    shares.set(memberId, free)
  }
  return shares
}
