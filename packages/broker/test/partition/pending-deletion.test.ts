import { MemoryDisk } from '@streambus/testkit'
import { expect, test } from 'vitest'
import { openDataPlane } from '../data-plane.ts'

test('a deleted topic and its replicas are pending until their files are removed', async () => {
  const removed: (() => void)[] = []
  class WatchedDisk extends MemoryDisk {
    override removeDirectory(path: string): void {
      for (const each of removed) each()
      super.removeDirectory(path)
    }
  }
  const plane = await openDataPlane({ disk: new WatchedDisk() })
  await plane.createTopic('t')
  const { partitions, controller } = plane
  const seen: { readonly topics: number; readonly replicas: number }[] = []
  removed.push(() => void seen.push({ ...partitions.pendingDeletion }))
  await controller.deleteTopic(controller.image.topicByName('t')?.id ?? '')
  expect(seen[0]).toEqual({ topics: 1, replicas: 1 })
  expect(partitions.pendingDeletion).toEqual({ topics: 0, replicas: 0 })
})
