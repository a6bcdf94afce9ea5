import { decodeAssignment } from '@streambus/protocol/consumer-protocol'

/** The partitions, whatever the topic; an empty assignment has none. Throws DecodeError for anything else. */
export function assignedTo(assignment: Buffer): number[] {
  if (assignment.length === 0) return []
  return decodeAssignment(assignment).partitions.flatMap(({ partitions }) => partitions)
}

interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
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
