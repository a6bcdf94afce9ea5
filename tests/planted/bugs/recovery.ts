import type { Bug } from '../bug.ts'

const BAD_TAIL = 'packages/storage-log/src/recovery/bad-tail.ts'
const SCAN = 'packages/storage-log/src/recovery/recovery-scan.ts'
const RECOVERY = 'packages/storage-log/src/recovery/recovery.ts'
const INDEXES = 'packages/storage-log/src/segment/segment-indexes.ts'
const START = 'packages/storage-log/test/planted/start.test.ts'
const CACHES = 'packages/storage-log/test/planted/caches.test.ts'

/** A start after a crash believes what it must not, or drops what it must keep. */
export const RECOVERY_BUGS: readonly Bug[] = [
  {
    id: '23',
    name: 'a bad middle is treated as a torn tail',
    file: BAD_TAIL,
    edits: [['if (next < 0) return', 'return']],
    test: START
  },
  {
    id: '23b',
    name: 'damage below the recovery point is treated as a torn tail',
    file: BAD_TAIL,
    edits: [["if (endOffset < options.recoveryPoint) return 'corrupt'", '']],
    test: START
  },
  {
    id: '23c',
    name: 'the CRC of a batch that was not synced is not compared',
    file: SCAN,
    edits: [['expected.isUnsynced && !scanner.hasValidCrc()', 'false']],
    test: START
  },
  {
    id: '34',
    name: 'the index of an ended segment is trusted without a look at the batch',
    file: 'packages/storage-log/src/segment/sealed-lookup.ts',
    edits: [['return isTrue ? position : UNKNOWN', 'return position']],
    test: CACHES
  },
  {
    id: '34b',
    name: 'a loaded index is trusted without a look at the batch',
    file: INDEXES,
    edits: [['if (entry < 0 || this.#isEntryTrue(entry)) return entry', 'return entry']],
    test: CACHES
  },
  {
    id: '34c',
    name: 'a start after a crash trusts the index without a look at the batch',
    file: INDEXES,
    edits: [['if (header === null || !this.#isEntryTrue(entry))', 'if (header === null)']],
    test: CACHES
  },
  {
    id: '34d',
    name: 'a damaged transaction index is believed',
    file: 'packages/storage-log/src/lookup/transaction-index.ts',
    edits: [['if (bytes.readUInt32BE(crcAt) !== crc32c(bytes.subarray(0, crcAt))) return null', '']],
    test: CACHES
  },
  {
    id: '34e',
    name: 'a seal that is older than the index is believed for all of it',
    file: INDEXES,
    edits: [
      [
        'const entry = this.#offsets.floorByOffset(seal.endOffset - 1 - this.#segment.baseOffset)',
        'const entry = this.#offsets.count - 1'
      ]
    ],
    test: CACHES
  },
  {
    id: '36',
    name: 'an accepted tail is not written again after an unclean start',
    file: SCAN,
    edits: [['file.write([part], at)', '']],
    test: START
  },
  {
    id: '36b',
    name: 'an accepted tail is not synced after an unclean start',
    file: RECOVERY,
    edits: [['rewriteAndSync(active.handle, result.unsyncedPosition, result.validBytes)', '']],
    test: START
  },
  {
    id: '38b',
    name: 'a snapshot above the end that a power cut left is kept',
    file: RECOVERY,
    edits: [['snapshots.dropAbove(endOffset)', '']],
    test: START
  },
  {
    id: '44b',
    name: 'the seal of an index speaks of batches that a power cut has taken',
    file: 'packages/storage-log/src/segment/segment.ts',
    edits: [['if (this.#indexes.abortedUntil > this.endOffset) this.#indexes.rebuild()', '']],
    test: START
  },
  {
    id: '44c',
    name: 'a seal that recovery had no use for stays, and speaks of other batches later',
    file: 'packages/storage-log/src/segment/segment.ts',
    edits: [['if (this.#indexes.sealedUntil > this.endOffset) this.#dropSeal()', '']],
    test: START
  },
  {
    id: '38d',
    name: 'snapshots are kept when a log begins again at its start',
    file: RECOVERY,
    edits: [['snapshots.dropAbove(-1)', '']],
    test: START
  },
  {
    id: '52',
    name: 'a tail that was set aside is not synced before it is cut',
    file: RECOVERY,
    edits: [['copy.syncNow()', '']],
    test: START
  },
  {
    id: '53',
    name: 'a checkpoint is believed without a look at its checksum',
    file: 'packages/storage-log/src/directory/checkpoints.ts',
    edits: [['if (problem !== null) return { rows: [], problem }', '']],
    test: START
  },
  {
    id: '53b',
    name: 'an old checkpoint deletes a log that ends below its start',
    file: RECOVERY,
    edits: [['start.isOwn || start.offset <= endOffset ? start.offset : 0', 'start.offset']],
    test: START
  },
  {
    id: '54',
    name: 'metadata is believed without its CRC after a clean stop',
    file: 'packages/broker/src/controller/metadata-replay.ts',
    edits: [['if (crc !== readCrc(batch, 0)) {', 'if (false) {']],
    test: 'packages/broker/test/controller/quorum-of-one.test.ts'
  },
  {
    id: '54b',
    name: 'checkpoints do not promise the metadata',
    file: 'packages/storage-log/src/directory/log-directory.ts',
    edits: [['of [...logs, ...others]', 'of logs']],
    test: 'packages/broker/test/controller/metadata-home.test.ts'
  },
  {
    id: '55',
    name: 'a segment that ends too early is passed over',
    file: 'packages/storage-log/src/recovery/find-holes.ts',
    edits: [['sealed === segment.sizeBytes', 'true']],
    test: 'packages/storage-log/test/recovery/find-holes.test.ts'
  },
  {
    id: '49',
    name: 'deleted records come back after a crash',
    file: RECOVERY,
    edits: [['offset === null ? {', 'true ? {']],
    test: START
  }
]
