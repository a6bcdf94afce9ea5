import { openKafkaJsAdmin, openPlatformaticAdmin } from '../../compat/groups/admins.ts'
import type { FindGroupClient, GroupClient, MemberEvent } from '../../compat/groups/member.ts'
import { findKafkaJs, findPlatformatic } from '../../compat/groups/worker-clients.ts'
import { openPlatformatic } from '../../compat/platformatic-client.ts'
import { withBareGroups } from './bare-groups.ts'
import { type LoadStage, until } from './load-stage.ts'

const PARTITIONS = 2
const RECORDS = 30
const LATE_RECORDS = 7

/** Of both protocols, in processes of their own. */
const CLIENTS: Readonly<Record<string, FindGroupClient>> = {
  classic: findKafkaJs,
  consumer: findPlatformatic('consumer')
}

/**
 * Groups of one topic: one that only has offsets, one that is deleted, one of each protocol without a client, and with
 * `isFull` one for each client, which reads all, commits, gets a second member and is left by both. All are behind when
 * more comes.
 */
export async function withGroups(stage: LoadStage, isFull: boolean): Promise<void> {
  const topic = stage.name('followed')
  const feeder = await openPlatformatic(stage.bootstrap)
  if (typeof feeder === 'string') throw new Error(feeder)
  const feed = async (count: number): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const values = Array.from({ length: count }, () => Buffer.from(stage.line(80)))
      const records = values.map(value => ({ key: null, value, headers: [], timestampMs: null }))
      await feeder.produce({ topic, partition }, records, { acks: 'all', codec: 'gzip' })
      stage.counted.acknowledged.add(count, topic)
    }
  }
  try {
    await feeder.createTopic?.(topic, PARTITIONS, {})
    await feed(RECORDS)
    for (const [name, find] of Object.entries(isFull ? CLIENTS : {})) {
      const client = await find()
      if (typeof client === 'string') stage.skipped.push(`${name} group: ${client}`)
      else await follow(stage, client, { topic, group: stage.name(name) })
    }
    await withoutMembers(stage, topic)
    await withBareGroups(stage, topic)
    await feed(LATE_RECORDS)
  } finally {
    await feeder.close()
  }
}

/** Joins, reads all, commits; a second member joins; both leave. */
async function follow(
  stage: LoadStage,
  client: GroupClient,
  { topic, group }: { readonly topic: string; readonly group: string }
): Promise<void> {
  stage.say(`${client.name} joins ${group}`)
  let received = 0
  const assigned = new Set<string>()
  const openBefore = stage.proxy.openCount
  const host = await client.open(stage.bootstrap, (event: MemberEvent) => {
    if (event.event === 'records') received += event.offsets.length
    else if (event.event === 'assigned' && event.partitions.length > 0) assigned.add(event.member)
  })
  try {
    const options = { group, topic, autoCommit: false }
    await host.join('a', options)
    await until(() => received >= RECORDS * PARTITIONS, `${client.name} reads all of ${topic}`)
    const offsets = Array.from({ length: PARTITIONS }, (_, partition) => ({
      partition,
      offset: RECORDS,
      metadata: null
    }))
    await host.commit('a', offsets, 'sync')
    await host.join('b', options)
    await until(() => assigned.has('b'), `a second member of ${group} gets a partition`)
    await host.leave('b')
    await host.leave('a')
  } finally {
    await host.close()
  }
  // A fetch that a member left behind would be answered with what comes next.
  await until(() => stage.proxy.openCount <= openBefore, `the connections of ${client.name} are closed`)
  stage.counted.received.add(received, topic)
}

/** One group that only has offsets, of which some are deleted again; one that is deleted. */
async function withoutMembers(stage: LoadStage, topic: string): Promise<void> {
  const admin = await openPlatformaticAdmin(stage.bootstrap)
  const other = await openKafkaJsAdmin(stage.bootstrap)
  try {
    await admin.alterOffsets(stage.name('offsets-only'), topic, { 0: 3, 1: 4 })
    await admin.deleteOffsets?.(stage.name('offsets-only'), topic, [1])
    await admin.alterOffsets(stage.name('deleted'), topic, { 0: 1, 1: 2 })
    await other.deleteGroup(stage.name('deleted'))
  } finally {
    await admin.close()
    await other.close()
  }
}
