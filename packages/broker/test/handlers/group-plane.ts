import { MemoryDisk } from '@streambus/testkit'
import { expect } from 'vitest'
import { type DataPlane, openDataPlane } from '../data-plane.ts'
import { GroupClient } from './group-client.ts'

/** A data plane with topic t of three partitions and a coordinator that answers, and a client of it. */
export interface GroupPlane {
  readonly plane: DataPlane
  readonly client: GroupClient
}

/** On a disk whose syncs only come when the plane settles, so that a test sees what waits for them. */
export async function openGroups(options: Parameters<typeof openDataPlane>[0] = {}): Promise<GroupPlane> {
  const disk = options.disk ?? new MemoryDisk({ syncs: 'manual' })
  let isOpen = false
  const opening = openDataPlane({ ...options, disk }).finally(() => (isOpen = true))
  while (!isOpen) {
    await new Promise(setImmediate)
    disk.completeSyncs()
  }
  const plane = await opening
  const client = new GroupClient(plane)
  if (plane.partitions.find('t', 0) === undefined) await plane.createTopic('t', 3)
  const found = client.findCoordinator()
  await plane.settle()
  expect(found.body?.coordinators[0]).toMatchObject({ errorCode: 0, nodeId: 1, host: 'me', port: 1234 })
  return { plane, client }
}

/** The broker is killed and starts again. */
export function reopenGroups(plane: DataPlane): Promise<GroupPlane> {
  plane.disk.kill()
  return openGroups({ disk: plane.disk })
}

/** Whatever needs no sync happens. */
export async function withoutSyncs(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}
