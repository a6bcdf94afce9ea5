import { Errors, findCoordinatorApi, offsetCommitApi, offsetFetchApi } from '@streambus/protocol'
import type { ClusterClient } from '@streambus/wire-client'
import { describe, expect, it } from 'vitest'
import { commitOffsets, fetchCommitted } from '../../src/group/committed-offsets.ts'

interface FetchBody {
  readonly groupId?: string
  readonly groups: readonly { readonly groupId: string }[]
}

/** A cluster of one broker that speaks these versions; every group has an offset in partition 0, none in 1. */
function scripted(fetchVersion: number, commitErrors: readonly number[] = []) {
  const sent: [name: string, version: number | undefined][] = []
  const topics = [
    {
      name: 't',
      partitions: [
        { partitionIndex: 0, committedOffset: 5, errorCode: 0 },
        { partitionIndex: 1, committedOffset: -1, errorCode: 0 }
      ]
    }
  ]
  const answer = (key: number, body: object): object => {
    if (key === findCoordinatorApi.key) {
      const { coordinatorKeys } = body as { coordinatorKeys: string[] }
      return { coordinators: coordinatorKeys.map(id => ({ key: id, nodeId: 1, errorCode: 0, errorMessage: null })) }
    }
    if (key === offsetCommitApi.key) {
      const partitions = commitErrors.map((errorCode, partitionIndex) => ({ partitionIndex, errorCode }))
      return { topics: [{ name: 't', partitions }] }
    }
    const { groups } = body as FetchBody
    if (fetchVersion < 8) return { topics, errorCode: 0, groups: [] }
    return { topics: [], errorCode: 0, groups: groups.map(({ groupId }) => ({ groupId, topics, errorCode: 0 })) }
  }
  const connection = {
    requireVersion: ({ key }: { key: number }) => (key === offsetFetchApi.key ? fetchVersion : 10),
    send: async ({ key, name }: { key: number; name: string }, body: object, options?: { version: number }) => {
      sent.push([name, options?.version])
      return answer(key, body)
    }
  }
  const cluster = { retry: (run: () => unknown) => run(), any: async () => connection, node: async () => connection }
  return { cluster: cluster as unknown as ClusterClient, sent }
}

describe('committed offsets', () => {
  const BOTH = ['a', 'b'].map(groupId => ({ groupId, offsets: [{ topic: 't', partition: 0, offset: 5 }] }))

  it('of many groups are one request, by topic name', async () => {
    const { cluster, sent } = scripted(10)
    expect(await fetchCommitted(cluster, ['a', 'b'])).toEqual(BOTH)
    expect(sent).toEqual([
      ['FindCoordinator', undefined],
      ['OffsetFetch', 9]
    ])
  })

  it('are a request each where brokers answer for one group at a time', async () => {
    const { cluster, sent } = scripted(5)
    expect(await fetchCommitted(cluster, ['a', 'b'])).toEqual(BOTH)
    expect(sent.slice(1)).toEqual([
      ['OffsetFetch', 5],
      ['OffsetFetch', 5]
    ])
  })

  it('cannot be listed by brokers before 0.10.2', async () => {
    await expect(fetchCommitted(scripted(1).cluster, ['a'])).rejects.toThrow('use a newer broker')
  })
})

describe('committing', () => {
  const OFFSETS = [0, 1].map(partition => ({ topic: 't', partition, offset: 7 }))

  it('returns what was refused', async () => {
    const { cluster } = scripted(9, [0, Errors.TOPIC_AUTHORIZATION_FAILED.code])
    expect(await commitOffsets(cluster, 'a', OFFSETS)).toMatchObject([
      { partition: 1, error: { errorName: 'TOPIC_AUTHORIZATION_FAILED' } }
    ])
  })

  it.each([
    ['a member has joined meanwhile', Errors.UNKNOWN_MEMBER_ID.code],
    ['COORDINATOR_LOAD_IN_PROGRESS', Errors.COORDINATOR_LOAD_IN_PROGRESS.code]
  ])('throws where %s', async (message, code) => {
    await expect(commitOffsets(scripted(9, [code, code]).cluster, 'a', OFFSETS)).rejects.toThrow(message)
  })
})
