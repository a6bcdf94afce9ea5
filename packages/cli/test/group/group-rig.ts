import {
  type ApiSchema,
  errorByCode,
  findCoordinatorApi,
  type Input,
  joinGroupApi,
  leaveGroupApi,
  offsetCommitApi,
  syncGroupApi
} from '@streambus/protocol'
import { encodeAssignment } from '@streambus/protocol/consumer-protocol'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { Connection, parseBootstrap } from '@streambus/wire-client'
import { type Outcome, type RunOptions, run } from '../fake-io.ts'

const SESSION_TIMEOUT_MS = 30_000

/** A broker in memory, the command line against it, and groups made by hand. */
export class GroupRig {
  readonly broker: TestBroker
  readonly #connection: Connection

  private constructor(broker: TestBroker, connection: Connection) {
    this.broker = broker
    this.#connection = connection
  }

  static async start(): Promise<GroupRig> {
    const broker = await startBroker({ memory: true, config: { 'group.initial.rebalance.delay.ms': '0' } })
    const address = parseBootstrap(broker.bootstrap)[0]
    if (address === undefined) throw new Error('the broker listens nowhere')
    return new GroupRig(broker, await Connection.open({ address, clientId: 'tester' }))
  }

  async stop(): Promise<void> {
    this.#connection.destroy()
    await this.broker.stop()
  }

  cli(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(['-b', this.broker.bootstrap, ...args], options)
  }

  /** Expects exit code 0. */
  async text(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.cli(args)
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`)
    return stdout.toString()
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.text(...args, '--json')) as T
  }

  /** A topic with so many records in each partition. */
  async topic(name: string, recordsByPartition: readonly number[]): Promise<void> {
    await this.text('topic', 'create', name, '--partitions', String(recordsByPartition.length))
    for (const [partition, count] of recordsByPartition.entries()) {
      const stdin = Buffer.from('x\n'.repeat(count))
      if (count > 0) await this.cli(['produce', name, '-p', String(partition)], { stdin })
    }
  }

  /** Commits without being a member. */
  async commit(groupId: string, topic: string, offsets: Readonly<Record<number, number>>): Promise<void> {
    const partitions = Object.entries(offsets).map(([partition, committedOffset]) => ({
      partitionIndex: Number(partition),
      committedOffset,
      committedMetadata: ''
    }))
    await this.#coordinator(groupId)
    const body = { groupId, memberId: '', topics: [{ name: topic, partitions }] }
    const answer = await this.#connection.send(offsetCommitApi, body, { version: 9 })
    for (const { errorCode } of answer.topics.flatMap(each => each.partitions)) expectNone(errorCode)
  }

  /** Joins a classic group alone and takes what is given. Returns how to leave. */
  async join(
    groupId: string,
    member: { readonly assignment: Buffer; readonly protocolType?: string; readonly instanceId?: string }
  ): Promise<() => Promise<void>> {
    await this.#coordinator(groupId)
    const { assignment, protocolType = 'consumer', instanceId: groupInstanceId = null } = member
    const request = {
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      groupInstanceId,
      protocolType,
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }]
    }
    // The first answer only names the member (KIP-394); static members are let in at once.
    const first = await this.#send(joinGroupApi, { ...request, memberId: '' })
    const joined =
      first.errorCode === 0 ? first : await this.#send(joinGroupApi, { ...request, memberId: first.memberId })
    expectNone(joined.errorCode)
    const { memberId, generationId } = joined
    const synced = await this.#send(syncGroupApi, {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType,
      protocolName: 'range',
      assignments: [{ memberId, assignment }]
    })
    expectNone(synced.errorCode)
    return async () => {
      await this.#send(leaveGroupApi, { groupId, memberId: '', members: [{ memberId, groupInstanceId }] })
    }
  }

  /** The first call makes the offsets topic, which takes a moment. */
  async #coordinator(groupId: string): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const { coordinators } = await this.#send(findCoordinatorApi, { key: '', coordinatorKeys: [groupId] })
      if (coordinators[0]?.errorCode === 0) return
    }
    throw new Error(`group ${groupId} has no coordinator`)
  }

  #send<Req, Res>(api: ApiSchema<Req, Res>, body: Input<Req>): Promise<Res> {
    return this.#connection.send(api, body)
  }
}

/** ConsumerProtocolAssignment v0. */
export function assignmentOf(topics: Readonly<Record<string, readonly number[]>>): Buffer {
  return encodeAssignment({ partitions: Object.entries(topics).map(([topic, partitions]) => ({ topic, partitions })) })
}

function expectNone(errorCode: number): void {
  if (errorCode !== 0) throw new Error(`error ${errorByCode(errorCode).name}`)
}
