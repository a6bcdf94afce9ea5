import { describe, expect, inject, test } from 'vitest'
import type { GroupClient, GroupProtocol } from './member.ts'
import { reasonNotServed } from './served.ts'
import { GroupStage } from './stage.ts'
import { findJava } from './worker-clients.ts'

const bootstrap = inject('bootstrap')
const found = (await reasonNotServed(bootstrap, 'consumer')) ?? (await findJava('classic')())
const reason = typeof found === 'string' ? found : null
if (reason !== null) console.log(`SKIPPED groups, migration: ${reason}`)

const MEMBERS = ['a', 'b', 'c'] as const

describe.skipIf(reason !== null)(`migration of a group${reason === null ? '' : ` (${reason})`}`, () => {
  /** Each member leaves and comes back with the other protocol, while the others go on. */
  async function replaceAll(stage: GroupStage, protocol: GroupProtocol, generation: string): Promise<void> {
    const host = stage.hostOf(MEMBERS[0])
    for (const [index, member] of MEMBERS.entries()) {
      await stage.leave(`${member}${generation}`)
      await stage.join(host, `${member}${generation}'`, { protocol, cooperative: true })
      const others = MEMBERS.map((each, at) => (at <= index ? `${each}${generation}'` : `${each}${generation}`))
      await stage.settled(others)
    }
  }

  test('classic members are replaced by `consumer` ones and back, one by one, under way', async () => {
    const name = `groups-migration-${inject('run')}`
    const stage = await GroupStage.open(found as GroupClient, { bootstrap, name, partitions: 6 })
    try {
      const host = await stage.host()
      stage.feeder.trickle(50)
      for (const member of MEMBERS) await stage.join(host, member, { protocol: 'classic', cooperative: true })
      await stage.settled(MEMBERS)
      await replaceAll(stage, 'consumer', '')
      await replaceAll(stage, 'classic', "'")
      await stage.feeder.still()
      await stage.readAll()
      stage.expectSound()
      expect(stage.ledger.failures()).toEqual([])
    } finally {
      await stage.close()
    }
  })
})
