import { setTimeout as sleep } from 'node:timers/promises'
import { errorByCode, joinGroupApi, offsetCommitApi, syncGroupApi } from '@streambus/protocol'
import type { Connection } from '@streambus/wire-client'
import type { Scene } from '../scene.ts'
import type { Stage } from '../stage.ts'
import { withConnection } from './raw-client.ts'

const TOPIC = 'archive'
const COMMIT_MS = 1_000
/** Groups are not judged before they were seen for a minute; and a few scrapes. */
const JUDGED_MS = 70_000
/** offsets.retention.minutes is at least one; and a few scrapes. */
const EXPIRED_MS = 64_000

/** As a consumer that is in no group's membership does. */
async function commit(connection: Connection, groupId: string, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
  const { topics } = await connection.send(
    offsetCommitApi,
    {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      retentionTimeMs: -1,
      topics: [{ name: TOPIC, topicId: '', partitions }]
    },
    { version: 7 }
  )
  const { code, name, retriable } = errorByCode(topics[0]?.partitions[0]?.errorCode ?? -1)
  // The disk may be full at that moment; the next commit comes soon.
  if (code !== 0 && !retriable) throw new Error(`the commit of group ${groupId} was answered with ${name}`)
}

/** Commits of each kind that lag is judged by: standing still, falling behind, going back. */
async function lagBehind(stage: Stage): Promise<void> {
  await withConnection(stage, async connection => {
    const untilMs = performance.now() + JUDGED_MS
    for (let turn = 1; performance.now() < untilMs; turn++) {
      await commit(connection, 'stalled', 1)
      await commit(connection, 'slow', turn)
      await commit(connection, 'rewound', turn % 2 === 0 ? 1 : 1_000 - turn)
      await sleep(COMMIT_MS)
    }
  })
}

/** Joins like a consumer, and is never heard of again. */
async function fallSilent(stage: Stage): Promise<void> {
  await withConnection(stage, async connection => {
    // With an offset the group outlives its member.
    await commit(connection, 'silent', 1)
    const joining = {
      groupId: 'silent',
      sessionTimeoutMs: 2_000,
      rebalanceTimeoutMs: 1000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }]
    }
    const { memberId } = await connection.send(joinGroupApi, joining, { version: 5 })
    const { generationId } = await connection.send(joinGroupApi, { ...joining, memberId }, { version: 5 })
    const syncing = { groupId: 'silent', generationId, memberId, assignments: [{ memberId, assignment: Buffer.of(1) }] }
    await connection.send(syncGroupApi, syncing, { version: 3 })
    await sleep(4_000)
  })
}

/** A third member of a group comes and goes. */
async function rebalance(stage: Stage): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const consumer = stage.kafka.consumer({ groupId: 'billing', sessionTimeout: 6000, heartbeatInterval: 300 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders' })
    await consumer.run({ eachMessage: () => Promise.resolve() })
    await sleep(2000)
    await consumer.disconnect()
  }
}

/** The offsets of a group that is gone expire a minute later. */
async function forget(stage: Stage): Promise<void> {
  await withConnection(stage, connection => commit(connection, 'forgotten', 1))
  await sleep(EXPIRED_MS)
}

/** Take longer than all the others; no restart must come between, because what is known of groups begins anew then. */
export const longScenes: readonly Scene[] = [
  { name: 'a group that nobody commits for again', run: forget },
  { name: 'groups that stall, fall behind and go back', run: lagBehind }
]

export const groupScenes: readonly Scene[] = [
  { name: 'a member that falls silent', run: fallSilent },
  { name: 'members that come and go', run: rebalance }
]
