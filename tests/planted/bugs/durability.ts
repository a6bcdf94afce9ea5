import type { Bug } from '../bug.ts'

const FLUSHER = 'packages/storage-log/src/flush/flusher.ts'
const LOG = 'packages/storage-log/src/log.ts'
const LAYOUT = 'packages/storage-log/src/log-layout.ts'
const REPLACE_WHOLE = 'packages/base/src/disk.ts'
const MARKER = 'packages/storage-log/src/directory/clean-shutdown.ts'
const PARTITION = 'packages/broker/src/partition/partition.ts'
const SYNCS = 'packages/storage-log/test/planted/syncs.test.ts'
const NAMES = 'packages/storage-log/test/planted/names.test.ts'
const ACKNOWLEDGE = 'packages/broker/test/planted/acknowledge.test.ts'

/** Acknowledged, and not on the disk. */
export const DURABILITY_BUGS: readonly Bug[] = [
  {
    id: '1',
    name: 'acknowledged before the sync has ended',
    file: FLUSHER,
    edits: [
      ['segment.sync(this.#done)', 'this.#durable = this.#target\n    this.#notify()\n    segment.sync(this.#done)']
    ],
    test: SYNCS
  },
  {
    id: '1b',
    name: 'producers are answered up to the log end under the synced policy',
    file: PARTITION,
    edits: [['this.#commits.advance(this.highWatermark,', 'this.#commits.advance(this.log.logEndOffset,']],
    test: ACKNOWLEDGE
  },
  {
    id: '1c',
    name: 'the high watermark is the log end under the synced policy',
    file: PARTITION,
    edits: [
      [
        "this.#settings.flushPolicy === 'os' ? this.log.logEndOffset : this.log.durableEndOffset",
        'this.log.logEndOffset'
      ]
    ],
    test: ACKNOWLEDGE
  },
  {
    id: '1d',
    name: 'a written batch is committed at once under the synced policy',
    file: PARTITION,
    edits: [['if (appended.lastOffset < this.highWatermark) return waiter.committed()', 'return waiter.committed()']],
    test: ACKNOWLEDGE
  },
  {
    id: '1e',
    name: 'the high watermark falls when the flush policy changes',
    file: 'packages/broker/src/partition/watermark.ts',
    edits: [
      ['if (ackedOffset <= this.#highWatermark) return false', 'if (ackedOffset === this.#highWatermark) return false']
    ],
    test: ACKNOWLEDGE
  },
  {
    id: '1f',
    name: 'records above the high watermark can be deleted',
    file: PARTITION,
    edits: [['if (target < 0 || target > this.highWatermark)', 'if (target < 0 || target > this.log.logEndOffset)']],
    test: ACKNOWLEDGE
  },
  {
    id: '2',
    name: 'a sync under way is counted for later writes',
    file: FLUSHER,
    edits: [['Math.max(this.#durable, this.#target)', 'this.#source.logEndOffset()']],
    test: SYNCS
  },
  {
    id: '2b',
    name: 'a file is closed because a sync under way is counted for later writes',
    file: 'packages/storage-log/src/segment/segment-file.ts',
    edits: [['Math.max(this.#syncedWrites, covered)', 'this.#writes']],
    test: SYNCS
  },
  {
    id: '14',
    name: 'the clean marker is not deleted at the start',
    file: MARKER,
    edits: [['this.#disk.unlink(path)', '']],
    test: NAMES
  },
  {
    id: '14b',
    name: 'the clean marker comes back after a power cut',
    file: MARKER,
    edits: [['this.#disk.syncDirectory(this.#directory)', '']],
    test: NAMES
  },
  {
    id: '16',
    name: 'a replaced file is renamed without a sync of its directory',
    file: REPLACE_WHOLE,
    edits: [["disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')", '']],
    test: NAMES
  },
  {
    id: '16b',
    name: 'a replaced file is renamed before it is synced',
    file: REPLACE_WHOLE,
    edits: [['file.syncNow()', '']],
    test: NAMES
  },
  {
    id: '16c',
    name: 'the name of a new segment is not synced',
    file: 'packages/storage-log/src/segment/segment-life.ts',
    edits: [['context.disk.syncDirectory(context.directory)', '']],
    test: NAMES
  },
  {
    id: '24',
    name: 'a sync is tried again after an error',
    file: FLUSHER,
    edits: [['this.#onFatal(error)', 'this.#isStopped = false\n      this.request()']],
    test: SYNCS
  },
  {
    id: '24b',
    name: 'a failed sync at a roll is tried again',
    file: LOG,
    edits: [['if (error instanceof DiskError && !isShortage(error)) this.#fail(error)', '']],
    test: SYNCS
  },
  {
    id: '37',
    name: 'a roll does not sync the old segment',
    file: LOG,
    edits: [['this.#flusher.syncNow()\n      this.#layout.roll(nowMs)', 'this.#layout.roll(nowMs)']],
    test: SYNCS
  },
  {
    id: '42',
    name: 'a short write on a full disk is not cut back',
    file: LOG,
    edits: [['this.#guarded(() => active.cutBack())', 'void active']],
    test: SYNCS
  },
  {
    id: '43',
    name: 'the recovery point is above the durable end',
    file: LOG,
    edits: [
      [
        'get recoveryPoint(): number {\n    return this.#flusher.durableEndOffset',
        'get recoveryPoint(): number {\n    return this.#logEndOffset'
      ]
    ],
    test: SYNCS
  },
  {
    id: '43b',
    name: 'the recovery point is not lowered before records are cut',
    file: LAYOUT,
    edits: [['this.#options.lowerRecoveryPoint(endOffset)', '']],
    test: 'packages/storage-log/test/planted/truncation.test.ts'
  }
]
