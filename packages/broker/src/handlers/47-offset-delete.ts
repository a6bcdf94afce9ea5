// Serves v0: offsets of topics to which the group is not subscribed (KIP-496).
import { Errors, type OffsetDeleteRequest, type OffsetDeleteResponse, offsetDeleteApi } from '@streambus/protocol'
import type { MetadataImage } from '../controller/image.ts'
import { errorNameOf, type GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { Handler } from './handler.ts'

export function offsetDeleteHandler({
  groups,
  image
}: {
  readonly groups: GroupCoordinator
  readonly image: MetadataImage
}): Handler<OffsetDeleteRequest, OffsetDeleteResponse> {
  const exists = (topic: string, partition: number): boolean =>
    image.topicByName(topic)?.partitions[partition] !== undefined
  return {
    api: offsetDeleteApi,
    async handle({ groupId, topics }) {
      if (groupId === '') return { errorCode: Errors.INVALID_GROUP_ID.code, topics: [] }
      const all = topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex }))
      )
      const known = all.filter(({ topic, partition }) => exists(topic, partition))
      try {
        const errors = (await groups.deleteOffsets(groupId, known)).values()
        const answers = topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => {
            const error = exists(name, partitionIndex) ? errors.next().value : undefined
            return { partitionIndex, errorCode: Errors[error ?? 'UNKNOWN_TOPIC_OR_PARTITION'].code }
          })
        }))
        return { errorCode: Errors.NONE.code, topics: answers }
      } catch (error) {
        return { errorCode: Errors[errorNameOf(error)].code, topics: [] }
      }
    }
  }
}
