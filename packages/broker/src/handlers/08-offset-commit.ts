// Serves v2–10. v5: no retention of its own any more. v6: leader epochs. v7: static members. v9: members of the
// consumer protocol. v10: topic ids instead of names.
import {
  Errors,
  type Input,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  offsetCommitApi
} from '@streambus/protocol'
import type { MetadataImage, TopicImage } from '../controller/image.ts'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Commit } from '../coordinator/group/offsets/offset-verbs.ts'
import type { Handler } from './handler.ts'

const TOPIC_ID_VERSION = 10

type PartitionAnswer = { partitionIndex: number; errorCode: number }

export function offsetCommitHandler({
  groups,
  image
}: {
  readonly groups: GroupCoordinator
  readonly image: MetadataImage
}): Handler<OffsetCommitRequest, OffsetCommitResponse> {
  return {
    api: offsetCommitApi,
    async handle(request, { apiVersion }) {
      const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: epoch } = request
      const commits: Commit[] = []
      const answered: PartitionAnswer[] = []
      const topics = request.topics.map(({ name, topicId, partitions }): TopicAnswer => {
        const topic = apiVersion >= TOPIC_ID_VERSION ? image.topicById(topicId) : image.topicByName(name)
        const unknown = apiVersion >= TOPIC_ID_VERSION ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION
        const answers = partitions.map(partition => {
          const answer: PartitionAnswer = { partitionIndex: partition.partitionIndex, errorCode: Errors.NONE.code }
          if (topic === undefined) answer.errorCode = unknown.code
          else if (topic.partitions[partition.partitionIndex] === undefined) {
            answer.errorCode = Errors.UNKNOWN_TOPIC_OR_PARTITION.code
          } else {
            commits.push(commitOf(topic, partition))
            answered.push(answer)
          }
          return answer
        })
        return { ...(apiVersion >= TOPIC_ID_VERSION ? { topicId } : { name }), partitions: answers }
      })
      const fail = (i: number, errorCode: number): void => {
        const answer = answered[i]
        if (answer !== undefined) answer.errorCode = errorCode
      }
      try {
        const caller = { memberId, instanceId, epoch, apiVersion }
        const errors = await groups.commitOffsets(groupId, caller, { commits, retentionMs: request.retentionTimeMs })
        for (const [i, error] of errors.entries()) fail(i, Errors[error].code)
      } catch (error) {
        const { code } = Errors[errorNameOf(error)]
        for (const i of answered.keys()) fail(i, code)
      }
      return { topics }
    }
  }
}

type TopicAnswer = Input<OffsetCommitResponse>['topics'][number]

function commitOf(
  { name: topic, id: topicId }: TopicImage,
  partition: OffsetCommitRequest['topics'][number]['partitions'][number]
): Commit {
  return {
    topic,
    topicId,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata
  }
}
