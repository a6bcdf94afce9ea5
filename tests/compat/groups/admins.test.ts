import { describe, expect, inject, test } from 'vitest'
import { openKafkaJsAdmin, openPlatformaticAdmin } from './admins.ts'
import type { GroupClient } from './member.ts'
import { offsetsSince } from './scenarios.ts'
import { reasonNotServed } from './served.ts'
import { GroupStage, until } from './stage.ts'
import { findKafkaJs } from './worker-clients.ts'

const bootstrap = inject('bootstrap')
const reason = await reasonNotServed(bootstrap, 'classic')
if (reason !== null) console.log(`SKIPPED groups, admins: ${reason}`)

describe.skipIf(reason !== null)(`groups, admin clients${reason === null ? '' : ` (${reason})`}`, () => {
  test.each([
    ['kafkajs', openKafkaJsAdmin],
    ['platformatic', openPlatformaticAdmin]
  ] as const)('%s: a group’s life, and its offsets altered and deleted', async (name, open) => {
    const admin = await open(bootstrap)
    const topic = `groups-admin-${name}-${inject('run')}`
    const client = (await findKafkaJs()) as GroupClient
    const stage = await GroupStage.open(client, { bootstrap, name: topic, partitions: 2 })
    try {
      const host = await stage.host()
      await stage.feeder.add(20)
      await stage.join(host, 'a')
      await stage.readAll()
      expect(await admin.list()).toContain(stage.group)
      expect((await admin.describe(stage.group)).members).toBe(1)
      await expect(admin.alterOffsets(stage.group, topic, { 0: 0 })).rejects.toThrow()
      await expect(admin.deleteGroup(stage.group)).rejects.toThrow()
      await stage.leave('a')
      await until(async () => expect((await admin.describe(stage.group)).members).toBe(0))
      expect(await admin.offsets(stage.group, topic)).toEqual({ 0: 20, 1: 20 })
      await admin.alterOffsets(stage.group, topic, { 0: 5 })
      expect(await admin.offsets(stage.group, topic)).toEqual({ 0: 5, 1: 20 })
      const position = stage.ledger.events.length
      await stage.join(host, 'b')
      await until(() => expect(offsetsSince(stage, position, 'b', 0).at(-1)).toBe(19))
      expect([0, 1].map(partition => offsetsSince(stage, position, 'b', partition)[0])).toEqual([5, undefined])
      await stage.leave('b')
      if (admin.deleteOffsets !== undefined) {
        await admin.deleteOffsets(stage.group, topic, [1])
        expect(Object.keys(await admin.offsets(stage.group, topic))).toEqual(['0'])
      }
      await admin.deleteGroup(stage.group)
      expect(await admin.list()).not.toContain(stage.group)
      expect(await admin.offsets(stage.group, topic)).toEqual({})
    } finally {
      await stage.close()
      await admin.close()
    }
  })
})
