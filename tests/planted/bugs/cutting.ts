import type { Bug } from '../bug.ts'

const LAYOUT = 'packages/storage-log/src/log-layout.ts'
const TRUNCATION = 'packages/storage-log/test/planted/truncation.test.ts'
const DELETION = 'packages/storage-log/test/planted/deletion.test.ts'

/** Truncation, retention, reads: what was cut comes back, what was not cut is gone, or bytes are not what they were. */
export const CUTTING_BUGS: readonly Bug[] = [
  {
    id: '22',
    name: 'a prefix is deleted before the log start is persisted',
    file: LAYOUT,
    edits: [
      ['if (newStart > this.#logStartOffset) this.moveLogStart(newStart)', ''],
      [
        'this.#delete(removed)',
        'this.#delete(removed)\n    if (newStart > this.#logStartOffset) this.moveLogStart(newStart)'
      ]
    ],
    test: DELETION
  },
  {
    id: '25',
    name: 'the producers are not read again after a truncation',
    file: LAYOUT,
    edits: [['this.producers = loadProducerState(replay, endOffset)', '']],
    test: TRUNCATION
  },
  {
    id: '35',
    name: 'a read buffer is given back before it is released',
    file: 'packages/storage-log/src/segment/read.ts',
    edits: [
      ['this.#pool.give(this.#whole)', ''],
      [
        'segment.cursors.remember(nextOffset, position + endBytes)',
        'segment.cursors.remember(nextOffset, position + endBytes)\n  pool.give(whole)'
      ]
    ],
    test: 'packages/storage-log/test/planted/reads.test.ts'
  },
  {
    id: '38',
    name: 'a snapshot above the log end is kept after a truncation',
    file: LAYOUT,
    edits: [['this.snapshots.dropAbove(endOffset)', '']],
    test: TRUNCATION
  },
  {
    id: '38c',
    name: 'a deleted snapshot comes back after a power cut',
    file: 'packages/storage-log/src/producer/snapshot-files.ts',
    edits: [['this.#disk.syncDirectory(this.#directory)', '']],
    test: TRUNCATION
  },
  {
    id: '39',
    name: 'retention deletes at or above the high watermark',
    file: 'packages/storage-log/src/retention.ts',
    edits: [['if (segment.endOffset > input.deletableEndOffset) break', '']],
    test: DELETION
  },
  {
    id: '44',
    name: 'the seal of an index is believed after a truncation',
    file: 'packages/storage-log/src/segment/segment.ts',
    edits: [['this.#dropSeal()\n    this.#file.truncate(position)', 'this.#file.truncate(position)']],
    test: TRUNCATION
  },
  {
    id: '45',
    name: 'a truncation is not synced',
    file: LAYOUT,
    edits: [['active.syncNow()', '']],
    test: TRUNCATION
  },
  {
    id: '46',
    name: 'a sync under way announces what a truncation has cut',
    file: 'packages/storage-log/src/flush/flusher.ts',
    edits: [['this.#target = Math.min(this.#target, endOffset)', '']],
    test: TRUNCATION
  },
  {
    id: '46b',
    name: 'nobody hears of syncs after a truncation',
    file: 'packages/storage-log/src/flush/flusher.ts',
    edits: [['this.#notified = Math.min(this.#notified, endOffset)', '']],
    test: TRUNCATION
  },
  {
    id: '46c',
    name: 'the durable end stays above a truncation',
    file: 'packages/storage-log/src/flush/flusher.ts',
    edits: [['this.#durable = Math.min(this.#durable, endOffset)', '']],
    test: TRUNCATION
  },
  {
    id: '47',
    name: 'a truncation over segments removes the oldest first',
    file: LAYOUT,
    edits: [['segments.toReversed()', 'segments']],
    test: TRUNCATION
  },
  {
    id: '48',
    name: 'leader epochs of cut records are kept',
    file: LAYOUT,
    edits: [['this.epochs.truncateFromEnd(endOffset)', '']],
    test: TRUNCATION
  }
]
