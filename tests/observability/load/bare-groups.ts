import {
  consumerGroupHeartbeatApi,
  joinGroupApi,
  leaveGroupApi,
  offsetCommitApi,
  syncGroupApi
} from '@streambus/protocol'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import type { LoadStage } from './load-stage.ts'

const TIMEOUT_MS = 30_000
const EMPTY = Buffer.alloc(0)

/** One group of each protocol, by requests without a client: a member comes, causes a second rebalance, and leaves. */
export async function withBareGroups(stage: LoadStage, topic: string): Promise<void> {
  const [address] = parseBootstrap(stage.bootstrap)
  if (address === undefined) throw new Error(`no address in ${stage.bootstrap}`)
  const connection = await Connection.open({ address, clientId: 'bare' })
  try {
    await ofClassicProtocol(connection, stage.name('bare-classic'), topic)
    await ofConsumerProtocol(connection, stage.name('bare-consumer'), topic)
  } finally {
    await connection.close()
  }
}

async function ofClassicProtocol(connection: Connection, groupId: string, topic: string): Promise<void> {
  let [memberId, generationId] = ['', -1]
  // The leader that joins again wants a new generation.
  for (let turn = 0; turn < 2; turn++) {
    const join = {
      groupId,
      sessionTimeoutMs: TIMEOUT_MS,
      rebalanceTimeoutMs: TIMEOUT_MS,
      memberId,
      protocolType: 'bare',
      protocols: [{ name: 'any', metadata: EMPTY }]
    }
    // Before KIP-394 the first join is enough.
    const joined = await connection.send(joinGroupApi, join, { version: 3 })
    ;({ memberId, generationId } = joined)
    const assignments = [{ memberId, assignment: EMPTY }]
    await connection.send(syncGroupApi, { groupId, generationId, memberId, assignments }, { version: 3 })
  }
  await connection.send(
    offsetCommitApi,
    { groupId, generationIdOrMemberEpoch: generationId, memberId, ...commitOf(topic) },
    { version: 8 }
  )
  await connection.send(leaveGroupApi, { groupId, memberId }, { version: 2 })
}

async function ofConsumerProtocol(connection: Connection, groupId: string, topic: string): Promise<void> {
  const beat = { groupId, rebalanceTimeoutMs: TIMEOUT_MS, topicPartitions: [] }
  const join = { ...beat, memberId: '', memberEpoch: 0, subscribedTopicNames: [topic] }
  const joined = await connection.send(consumerGroupHeartbeatApi, join, { version: 0 })
  const memberId = joined.memberId ?? ''
  const other = {
    ...beat,
    memberId,
    memberEpoch: joined.memberEpoch,
    subscribedTopicNames: [topic, `${topic}-not-there`]
  }
  const { memberEpoch } = await connection.send(consumerGroupHeartbeatApi, other, { version: 0 })
  await connection.send(
    offsetCommitApi,
    { groupId, generationIdOrMemberEpoch: memberEpoch, memberId, ...commitOf(topic) },
    { version: 9 }
  )
  await connection.send(consumerGroupHeartbeatApi, { groupId, memberId, memberEpoch: -1 }, { version: 0 })
}

function commitOf(name: string) {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  return { topics: [{ name, partitions }] }
}
