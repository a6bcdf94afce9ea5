import { type ErrorName, errorByCode } from '@streambus/protocol'
import type { Controller } from '../../controller/controller.ts'

export const OFFSETS_TOPIC = '__consumer_offsets'

export interface OffsetsTopicSettings {
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly segmentBytes: number
}

/** The topic that groups and their offsets are kept in; made when the first group is looked for. */
export class OffsetsTopic {
  readonly #controller: Controller
  readonly #settings: () => OffsetsTopicSettings
  #creation: Promise<ErrorName> | null = null

  constructor(controller: Controller, settings: () => OffsetsTopicSettings) {
    this.#controller = controller
    this.#settings = settings
  }

  /** 0 when it does not exist. */
  get partitionCount(): number {
    return this.#controller.image.topicByName(OFFSETS_TOPIC)?.partitions.length ?? 0
  }

  /** NONE when it is there now. */
  async ensure(): Promise<ErrorName> {
    if (this.partitionCount > 0) return 'NONE'
    this.#creation ??= this.#create()
    try {
      return await this.#creation
    } finally {
      this.#creation = null
    }
  }

  async #create(): Promise<ErrorName> {
    const { partitionCount, replicationFactor, segmentBytes } = this.#settings()
    const configs = new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', String(segmentBytes)]
    ])
    const topic = { name: OFFSETS_TOPIC, partitionCount, replicationFactor, assignments: null, configs }
    const [created] = await this.#controller.createTopics([topic], { validateOnly: false })
    const errorName = created === undefined ? 'UNKNOWN_SERVER_ERROR' : (errorByCode(created.errorCode)?.name ?? 'NONE')
    return errorName === 'TOPIC_ALREADY_EXISTS' ? 'NONE' : errorName
  }
}
