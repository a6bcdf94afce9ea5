import {
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribeApi,
  type DescribeGroupsResponse,
  describeGroupsApi,
  Errors,
  findCoordinatorApi,
  type Input
} from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'
import { describe, expect, it } from 'vitest'
import { describeGroups, isUnknownGroup } from '../../src/group/describe-groups.ts'

interface Script {
  readonly findVersion: number
  readonly consumer: Input<ConsumerGroupDescribeResponse>['groups'] | null
  readonly classic: Input<DescribeGroupsResponse>['groups']
}

/** A cluster of one broker that answers from a script. `asked` is what it was asked for. */
function scripted({ findVersion, consumer, classic }: Script) {
  const asked: string[] = []
  const answers = new Map<number, (body: { groups?: string[]; coordinatorKeys?: string[] }) => unknown>([
    [
      findCoordinatorApi.key,
      ({ coordinatorKeys = [] }) =>
        findVersion >= 4
          ? { coordinators: coordinatorKeys.map(key => ({ key, nodeId: 7, errorCode: 0, errorMessage: null })) }
          : { errorCode: 0, errorMessage: null, nodeId: 7 }
    ],
    [consumerGroupDescribeApi.key, () => ({ groups: consumer })],
    [
      describeGroupsApi.key,
      ({ groups = [] }) => ({ groups: classic.filter(({ groupId }) => groups.includes(groupId)) })
    ]
  ])
  const connection = {
    versionOf: (api: { key: number }) => (api.key === consumerGroupDescribeApi.key && consumer === null ? null : 1),
    requireVersion: () => findVersion,
    send: async (api: { key: number; name: string }, body: object) => {
      asked.push(api.name)
      return answers.get(api.key)?.(body)
    }
  }
  const cluster = { retry: (run: () => unknown) => run(), any: async () => connection, node: async () => connection }
  return { cluster: cluster as unknown as ClusterClient, asked }
}

const EMPTY = { protocolType: '', protocolData: '', members: [], errorMessage: null, authorizedOperations: 0 }
const CLASSIC = { ...EMPTY, errorCode: 0, groupId: 'old', groupState: 'Stable', protocolType: 'consumer' }
const assigned = (partitions: number[]) => ({ topicPartitions: [{ topicId: '', topicName: 't', partitions }] })
const CONSUMER = {
  errorCode: 0,
  errorMessage: null,
  groupId: 'new',
  groupState: 'Reconciling',
  groupEpoch: 5,
  assignmentEpoch: 4,
  assignorName: 'uniform',
  members: [
    {
      memberId: 'm',
      instanceId: null,
      rackId: null,
      memberEpoch: 3,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      subscribedTopicNames: ['t'],
      assignment: assigned([1, 0]),
      targetAssignment: assigned([0, 1, 2])
    }
  ]
}
const NOT_CONSUMER = {
  ...CONSUMER,
  errorCode: Errors.GROUP_ID_NOT_FOUND.code,
  groupId: 'old',
  members: []
}

describe('describing groups', () => {
  it('asks for the consumer protocol first, and for the rest after that', async () => {
    const { cluster, asked } = scripted({ findVersion: 4, consumer: [CONSUMER, NOT_CONSUMER], classic: [CLASSIC] })
    const described = await describeGroups(cluster, ['new', 'old'])
    expect(asked).toEqual(['FindCoordinator', 'ConsumerGroupDescribe', 'DescribeGroups'])
    expect(described.map(({ group }) => [group?.groupId, group?.type])).toEqual([
      ['new', 'consumer'],
      ['old', 'classic']
    ])
    expect(described[0]?.group).toMatchObject({
      epoch: 5,
      assignmentEpoch: 4,
      assignor: 'uniform',
      coordinator: 7,
      members: [
        {
          host: '/127.0.0.1',
          epoch: 3,
          assignment: [{ topic: 't', partitions: [0, 1] }],
          target: [{ topic: 't', partitions: [0, 1, 2] }]
        }
      ]
    })
  })

  it('does without it where the broker does not speak it', async () => {
    const { cluster, asked } = scripted({ findVersion: 3, consumer: null, classic: [CLASSIC] })
    expect(await describeGroups(cluster, ['old'])).toMatchObject([{ group: { state: 'Stable' } }])
    expect(asked).toEqual(['FindCoordinator', 'DescribeGroups'])
  })

  it('does without it where it is switched off', async () => {
    const off = { ...NOT_CONSUMER, errorCode: Errors.UNSUPPORTED_VERSION.code }
    const { cluster } = scripted({ findVersion: 4, consumer: [off], classic: [CLASSIC] })
    expect(await describeGroups(cluster, ['old'])).toMatchObject([{ group: { state: 'Stable' } }])
  })

  it.each([
    ['by state, before version 6', { errorCode: 0, groupState: 'Dead' }],
    ['by error, from version 6', { errorCode: Errors.GROUP_ID_NOT_FOUND.code, groupState: 'Dead' }]
  ])('knows an unknown group %s', async (_, said) => {
    const { cluster } = scripted({ findVersion: 4, consumer: null, classic: [{ ...CLASSIC, ...said }] })
    const [described] = await describeGroups(cluster, ['old'])
    expect(described !== undefined && isUnknownGroup(described)).toBe(true)
  })

  it('throws what may pass, so that it is tried again, and returns what does not', async () => {
    const failing = (errorCode: number) =>
      describeGroups(scripted({ findVersion: 4, consumer: null, classic: [{ ...CLASSIC, errorCode }] }).cluster, [
        'old'
      ])
    await expect(failing(Errors.COORDINATOR_LOAD_IN_PROGRESS.code)).rejects.toThrow(BrokerError)
    const refused = await failing(Errors.GROUP_AUTHORIZATION_FAILED.code)
    expect(refused).toMatchObject([{ group: null, error: { errorName: 'GROUP_AUTHORIZATION_FAILED' } }])
  })
})
