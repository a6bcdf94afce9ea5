import { listGroupsApi } from '@streambus/protocol'
import type { ClusterClient } from '@streambus/wire-client'
import { check } from '../answers.ts'

export interface ListedGroup {
  readonly groupId: string
  /** 'consumer', 'connect', …; empty for a group that only stores offsets. */
  readonly protocolType: string
  /** Empty when the broker is too old to say. */
  readonly state: string
  /** Lower case: 'classic', 'consumer', 'share', 'streams'. */
  readonly type: string
}

/** All groups of all brokers, by name. Throws BrokerError. */
export async function listGroups(cluster: ClusterClient): Promise<ListedGroup[]> {
  return cluster.retry(async () => {
    const { brokers } = await cluster.metadata([])
    const found: ListedGroup[] = []
    for (const { nodeId } of brokers) {
      const answer = await (await cluster.node(nodeId)).send(listGroupsApi, { statesFilter: [], typesFilter: [] })
      check(`groups of broker ${nodeId}`, answer)
      for (const { groupId, protocolType, groupState, groupType } of answer.groups) {
        // Brokers that do not name the type have classic groups only.
        found.push({ groupId, protocolType, state: groupState, type: groupType.toLowerCase() || 'classic' })
      }
    }
    return found.sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
  })
}

/** Whether OffsetFetch is for it: share groups keep what they have read elsewhere. */
export function hasCommittedOffsets({ type }: ListedGroup): boolean {
  return type !== 'share'
}
