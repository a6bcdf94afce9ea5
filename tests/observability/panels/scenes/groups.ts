import { setTimeout as sleep } from 'node:timers/promises'
import { errorByCode, joinGroupApi, offsetCommitApi, syncGroupApi } from '@streambus/protocol'
import type { Connection } from '@streambus/wire-client'
import type { Scene } from '../scene.ts'
import type { Stage } from '../stage.ts'
import { withConnection } from './raw-client.ts'

const TOPIC = 'archive'
const COMMIT_MS = 500
/** Then there is more than they ever read. */
const LAG_MS = 2_000
/** With 500 ms between them: longer than a few scrapes. */
const COMMITS = 12
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
  const code = topics[0]?.partitions[0]?.errorCode ?? -1
  if (code !== 0) throw new Error(`the commit of group ${groupId} was answered with ${errorByCode(code).name}`)
}

/** Commits of each kind that lag is judged by: standing still, falling behind, going back; then none any more. */
async function lagBehind(stage: Stage): Promise<void> {
  // A commit without lag would show them in order.
  await sleep(LAG_MS)
  await withConnection(stage, async connection => {
    for (let turn = 1; turn <= COMMITS; turn++) {
      await commit(connection, 'stalled', 1)
      await commit(connection, 'slow', turn)
      await commit(connection, 'rewound', turn === COMMITS / 2 ? 1 : 10 + turn)
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

/** Takes longer than all the others. */
export const forgottenScene: Scene = { name: 'a group that nobody commits for again', run: forget }

export const groupScenes: readonly Scene[] = [
  { name: 'groups that stall, fall behind and go back', run: lagBehind },
  { name: 'a member that falls silent', run: fallSilent },
  { name: 'members that come and go', run: rebalance }
]
