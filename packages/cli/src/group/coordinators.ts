import { findCoordinatorApi } from '@streambus/protocol'
import type { ClusterClient, Connection } from '@streambus/wire-client'
import { check } from '../answers.ts'

const GROUP_KEY = 0
/** From this version on one request asks for many keys (KIP-699). */
const MANY_KEYS_VERSION = 4
/** Groups named in one request, so that no request grows with the number of groups. */
export const GROUPS_PER_REQUEST = 500

/** Groups that one broker coordinates. */
export interface Coordinated {
  readonly nodeId: number
  readonly groupIds: readonly string[]
}

/**
 * Sorts groups by their coordinator, at most 500 to an entry. A group need not exist to have one. Throws BrokerError;
 * COORDINATOR_NOT_AVAILABLE, which may pass, while the broker makes its offsets topic.
 */
export async function findCoordinators(cluster: ClusterClient, groupIds: readonly string[]): Promise<Coordinated[]> {
  const connection = await cluster.any()
  const isMany = connection.requireVersion(findCoordinatorApi) >= MANY_KEYS_VERSION
  const byNode = new Map<number, string[]>()
  for (const part of parts(groupIds, isMany ? GROUPS_PER_REQUEST : 1)) {
    for (const { key, nodeId } of await ask(connection, part, isMany)) {
      const group = byNode.get(nodeId)
      if (group === undefined) byNode.set(nodeId, [key])
      else group.push(key)
    }
  }
  return [...byNode].flatMap(([nodeId, ids]) =>
    parts(ids, GROUPS_PER_REQUEST).map(part => ({ nodeId, groupIds: part }))
  )
}

/** Asks every coordinator about its groups; again, from the start, after errors that may pass. */
export function fromCoordinators<T>(
  cluster: ClusterClient,
  groupIds: readonly string[],
  ask: (connection: Connection, coordinated: Coordinated) => Promise<readonly T[]>
): Promise<T[]> {
  return cluster.retry(async () => {
    const answers: T[] = []
    for (const coordinated of await findCoordinators(cluster, groupIds)) {
      answers.push(...(await ask(await cluster.node(coordinated.nodeId), coordinated)))
    }
    return answers
  })
}

async function ask(
  connection: Connection,
  keys: readonly string[],
  isMany: boolean
): Promise<{ key: string; nodeId: number }[]> {
  if (isMany) {
    const { coordinators } = await connection.send(findCoordinatorApi, {
      keyType: GROUP_KEY,
      coordinatorKeys: [...keys]
    })
    for (const coordinator of coordinators) check(`coordinator of group ${coordinator.key}`, coordinator)
    return coordinators.map(({ key, nodeId }) => ({ key, nodeId }))
  }
  const [key = ''] = keys
  const answer = await connection.send(findCoordinatorApi, { key, keyType: GROUP_KEY, coordinatorKeys: [] })
  check(`coordinator of group ${key}`, answer)
  return [{ key, nodeId: answer.nodeId }]
}

function parts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
}
