import type { Bug } from '../bug.ts'

const PRODUCERS = 'packages/storage-log/src/producer/producer-state.ts'
const PLAN = 'packages/storage-log/src/compaction/plan.ts'
const SWAP = 'packages/storage-log/src/compaction/swap.ts'
const SWAP_PLAN = 'packages/storage-log/src/compaction/swap-plan.ts'
const STABLE = 'packages/storage-log/test/planted/stable-offset.test.ts'
const COMPACTION = 'packages/storage-log/test/planted/compaction.test.ts'
const SWAPS = 'packages/storage-log/test/planted/swaps.test.ts'

/** The last stable offset, and compaction that goes past it or loses data on the way. */
export const TRANSACTION_BUGS: readonly Bug[] = [
  {
    id: '28',
    name: 'the last stable offset ignores the oldest open transaction',
    file: PRODUCERS,
    edits: [['entry.txnFirstOffset < first)', 'entry.txnFirstOffset > first)']],
    test: STABLE
  },
  {
    id: '28b',
    name: 'the last stable offset ignores a transaction that was open at the restart',
    file: PRODUCERS,
    edits: [
      [
        'if (entry.txnFirstOffset >= 0) this.#open.set(entry.producerId, entry)',
        'if (entry.txnFirstOffset < -1) return'
      ]
    ],
    test: STABLE
  },
  {
    id: '28c',
    name: 'the index of aborted transactions ignores open ones',
    file: PRODUCERS,
    edits: [['undecided < 0 ? offset + 1 : undecided', 'offset + 1']],
    test: STABLE
  },
  {
    id: '33',
    name: 'compaction past the last stable offset',
    file: PLAN,
    edits: [['Math.min(input.lastStableOffset, input.highWatermark,', 'Math.min(input.highWatermark,']],
    test: COMPACTION
  },
  {
    id: '33b',
    name: 'compaction past the high watermark',
    file: PLAN,
    edits: [['input.highWatermark, input.durableEndOffset', 'input.durableEndOffset']],
    test: COMPACTION
  },
  {
    id: '33c',
    name: 'compaction past the durable end',
    file: PLAN,
    edits: [['input.durableEndOffset, active', 'active']],
    test: COMPACTION
  },
  {
    id: '33d',
    name: 'compaction believes a marker that can still be taken back',
    file: 'packages/storage-log/src/compaction/transactions.ts',
    edits: [['if (batch.baseOffset >= scan.decidedOffset) return false', '']],
    test: COMPACTION
  },
  {
    id: '33e',
    name: 'compaction takes aborted records for committed ones',
    file: 'packages/storage-log/src/compaction/transactions.ts',
    edits: [['return this.#ongoing.has(batch.producerId)', 'return false']],
    test: COMPACTION
  },
  {
    id: '33f',
    name: 'compaction of a transaction that nobody has decided',
    file: 'packages/storage-log/src/compaction/transactions.ts',
    edits: [['Math.min(scan.upToOffset, cut?.baseOffset ?? Number.MAX_SAFE_INTEGER)', 'scan.upToOffset']],
    test: COMPACTION
  },
  {
    id: '40',
    name: 'a swap without a manifest',
    file: SWAP,
    edits: [
      [
        'disk.rename(`${directory}/${manifestName(base)}${CLEANED_SUFFIX}`, `${directory}/${manifestName(base)}`)',
        'disk.unlink(`${directory}/${manifestName(base)}${CLEANED_SUFFIX}`)'
      ]
    ],
    test: SWAPS
  },
  {
    id: '40b',
    name: 'a swap whose manifest is not synced before the renames',
    file: SWAP,
    edits: [['disk.syncDirectory(directory)\n  const steps', 'const steps']],
    test: SWAPS
  },
  {
    id: '40c',
    name: 'the manifest of a swap goes before the old segments',
    file: SWAP_PLAN,
    edits: [
      ['  if (replaced.length > 1) {', '  remove(manifestName(base), names, steps)\n  if (replaced.length > 1) {']
    ],
    test: SWAPS
  },
  {
    id: '40e',
    name: 'the manifest of an old swap comes back after a power cut',
    file: SWAP_PLAN,
    edits: [["  steps.push({ do: 'sync' })\n}\n\nfunction missingSegment", '}\n\nfunction missingSegment']],
    test: SWAPS
  },
  {
    id: '40d',
    name: 'a swap of cleaned bytes that were not synced',
    file: 'packages/storage-log/src/compaction/cleaned-segment.ts',
    edits: [['this.#flush()\n      this.#file.syncNow()', 'this.#flush()']],
    test: SWAPS
  },
  {
    id: '41',
    name: 'a tombstone is dropped before its time',
    file: 'packages/storage-log/src/compaction/batch-filter.ts',
    edits: [['horizonMs < 0 || nowMs < horizonMs', 'horizonMs < 0']],
    test: COMPACTION
  },
  {
    id: '51',
    name: 'a round that read before a truncation is swapped in after it',
    file: 'packages/storage-log/src/log.ts',
    edits: [['if (generation === this.#generation) return', 'return']],
    test: SWAPS
  }
]
