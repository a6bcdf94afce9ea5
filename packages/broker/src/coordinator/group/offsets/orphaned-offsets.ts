import type { GroupRecord } from '@streambus/protocol/group-records'
import { type Decision, nothing, type ShardTimers } from '../../runtime/shard.ts'
import type { CommittedOffset, OffsetStore } from './offset-store.ts'
import { tombstone } from './offset-verbs.ts'

/** In one decision, so that it fits in a batch and nobody waits long; the rest follows in turns of their own. */
const TOMBSTONES_MAX = 1_000
const TOMBSTONE_BYTES_MAX = 128 * 1024
/** At most, of a tombstone without its names; and of each UTF-16 unit of a name. */
const FRAME_BYTES = 32
const UNIT_BYTES = 3
/** Until tombstones that could not be written, on a disk that is full, are tried again. */
const RETRY_MS = 500
const SWEEP = 'orphaned-offsets'

interface Orphan {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  /** A later commit is for another topic of the same name: it stays. */
  readonly committed: CommittedOffset
}

/**
 * Offsets of topics that were deleted, until their tombstones are written. As in Kafka, only who hears of a deletion
 * acts on it: what a broker that died before has left expires with its group.
 */
export class OrphanedOffsets {
  readonly #store: OffsetStore
  readonly #timers: ShardTimers<GroupRecord>
  #orphans: Orphan[] = []

  constructor(store: OffsetStore, timers: ShardTimers<GroupRecord>) {
    this.#store = store
    this.#timers = timers
  }

  topicsDeleted(topics: ReadonlySet<string>): Decision<GroupRecord, void> {
    for (const groupId of this.#store.groupIds()) {
      for (const [topic, partitions] of this.#store.of(groupId)) {
        if (!topics.has(topic)) continue
        for (const [partition, committed] of partitions) this.#orphans.push({ groupId, topic, partition, committed })
      }
    }
    return this.#sweep()
  }

  /** What was written before is not in the store any more; what was not is tried again. */
  #sweep(): Decision<GroupRecord, void> {
    this.#orphans = this.#orphans.filter(
      ({ groupId, topic, partition, committed }) => this.#store.get(groupId, topic, partition) === committed
    )
    if (this.#orphans.length === 0) return nothing()
    const records: GroupRecord[] = []
    let bytes = 0
    for (const { groupId, topic, partition } of this.#orphans) {
      bytes += FRAME_BYTES + (groupId.length + topic.length) * UNIT_BYTES
      if (records.length > 0 && (records.length >= TOMBSTONES_MAX || bytes > TOMBSTONE_BYTES_MAX)) break
      records.push(tombstone(groupId, topic, partition))
    }
    this.#timers.set(SWEEP, this.#orphans.length > records.length ? 0 : RETRY_MS, () => this.#sweep())
    return { records, answer: undefined }
  }
}
