/** A mistake that somebody could make, and the test that must notice. */
export interface PlantedBug {
  readonly name: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** A test file, and a part of a title in it; no title: any of its tests may notice. */
  readonly test: string
  readonly title?: string
}

const LOG = 'packages/storage-log/src'
const TESTS = 'packages/storage-log/test'

/** Storage bugs that other systems have had. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'acknowledged before the sync',
    file: `${LOG}/flush/flusher.ts`,
    find: '    segment.sync(this.#done)\n',
    replace: '    this.#durable = this.#target\n    segment.sync(this.#done)\n',
    test: `${TESTS}/flush/flusher.test.ts`,
    title: 'nothing is durable before its sync has ended'
  },
  {
    name: 'a sync under way counted for later writes',
    file: `${LOG}/flush/flusher.ts`,
    find: 'this.#durable = Math.max(this.#durable, this.#target)',
    replace: 'this.#durable = Math.max(this.#durable, this.#source.logEndOffset())',
    test: `${TESTS}/flush/flusher.test.ts`,
    title: 'a sync that began before a write does not cover it'
  },
  {
    name: 'a failed sync tried again',
    file: `${LOG}/flush/flusher.ts`,
    find: '      this.#isStopped = true\n      this.#onFatal(error)\n',
    replace: '      this.#start()\n',
    test: `${TESTS}/flush/flusher.test.ts`,
    title: 'a failed sync is final'
  },
  {
    name: 'the clean-shutdown marker not deleted at the start',
    file: `${LOG}/directory/clean-shutdown.ts`,
    find: '    this.#disk.unlink(path)\n    this.#disk.syncDirectory(this.#directory)\n',
    replace: '',
    test: `${TESTS}/directory/log-directory.test.ts`,
    title: 'the clean marker counts once'
  },
  {
    name: 'a rename without a sync of the directory',
    file: 'packages/base/src/disk.ts',
    find: "  disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')\n",
    replace: '',
    test: `${TESTS}/directory/log-directory.test.ts`,
    title: 'survive a power cut'
  },
  {
    name: 'segments deleted before the log start is persisted',
    file: `${LOG}/log-layout.ts`,
    find: 'if (newStart > this.#logStartOffset) this.moveLogStart(newStart)',
    replace: 'this.#logStartOffset = Math.max(newStart, this.#logStartOffset)',
    test: `${TESTS}/retention.test.ts`,
    title: 'a crash at any rename or unlink of a deletion leaves no hole'
  },
  {
    name: 'a rotten middle taken for a torn tail',
    file: `${LOG}/recovery/bad-tail.ts`,
    find: "? 'lost-sectors' : 'corrupt'",
    replace: "? 'lost-sectors' : 'torn'",
    test: `${TESTS}/recovery/recovery.test.ts`,
    title: 'a flipped bit with valid batches behind it is corruption'
  },
  {
    name: 'durable records cut as a torn tail',
    file: `${LOG}/recovery/bad-tail.ts`,
    find: "  if (endOffset < options.recoveryPoint) return 'corrupt'\n",
    replace: '',
    test: `${TESTS}/recovery/recovery.test.ts`,
    title: 'bad bytes below the recovery point are corruption'
  },
  {
    name: 'the accepted tail not written again after an unclean start',
    file: `${LOG}/recovery/recovery.ts`,
    find: '    rewriteAndSync(active.handle, result.unsyncedPosition, result.validBytes)\n',
    replace: '',
    test: `${TESTS}/recovery/recovery.test.ts`,
    title: 'the accepted tail is durable when the log opens'
  },
  {
    name: 'producers not read again after a truncation',
    file: `${LOG}/log-layout.ts`,
    find: '    this.producers = loadProducerState(replay, endOffset)\n',
    replace: '',
    test: `${TESTS}/log-model.test.ts`
  },
  {
    name: 'a snapshot above the log end kept after a truncation',
    file: `${LOG}/producer/snapshot-files.ts`,
    find: '    const kept = this.#offsets.filter(offset => offset <= endOffset)\n',
    replace: '    const kept = endOffset < 0 ? [] : this.#offsets\n',
    test: `${TESTS}/producer/producer-state.test.ts`,
    title: 'a snapshot that is ahead of what a power cut left is dropped'
  },
  {
    name: 'the last stable offset without open transactions',
    file: `${LOG}/producer/producer-state.ts`,
    find: '      this.#open.set(entry.producerId, entry)\n    }\n  }\n\n  /**\n   * A commit',
    replace: '    }\n  }\n\n  /**\n   * A commit',
    test: `${TESTS}/producer/producer-state.test.ts`,
    title: 'a transaction is open from its first batch to its marker'
  },
  {
    name: 'compaction past the last stable offset',
    file: `${LOG}/compaction/plan.ts`,
    find: 'Math.min(input.lastStableOffset, input.highWatermark, ',
    replace: 'Math.min(input.highWatermark, ',
    test: `${TESTS}/compaction/plan.test.ts`,
    title: 'lastStableOffset'
  },
  {
    name: 'compaction of a transaction that nobody has decided',
    file: `${LOG}/compaction/transactions.ts`,
    find: 'upToOffset: Math.min(scan.upToOffset, cut?.baseOffset ?? Number.MAX_SAFE_INTEGER)',
    replace: 'upToOffset: Math.max(scan.upToOffset, cut === undefined ? 0 : 0)',
    test: `${TESTS}/compaction/compact-log.test.ts`,
    title: 'nothing from an undecided transaction on'
  },
  {
    name: 'a tombstone dropped at once',
    file: `${LOG}/compaction/batch-filter.ts`,
    find: 'if (walk.valueBytes >= 0 || horizonMs < 0 || nowMs < horizonMs) return true',
    replace: 'if (walk.valueBytes >= 0) return true',
    test: `${TESTS}/compaction/compact-log.test.ts`,
    title: 'stay until delete.retention.ms'
  },
  {
    name: 'a compaction swap without a sync of the directory',
    file: `${LOG}/compaction/swap.ts`,
    find: '  disk.syncDirectory(directory)\n  const steps',
    replace: '  const steps',
    test: `${TESTS}/compaction/swap.test.ts`,
    title: 'a power cut with any subset of unsynced renames and removals'
  },
  {
    name: 'cleaned segments swapped in before they are synced',
    file: `${LOG}/compaction/cleaned-segment.ts`,
    find: '      this.#flush()\n      this.#file.syncNow()\n',
    replace: '      this.#flush()\n',
    test: `${TESTS}/crash/crash-sweep.test.ts`,
    title: 'compaction: whatever a power cut leaves'
  },
  {
    name: 'an index believed without a look at the batch',
    file: `${LOG}/segment/sealed-lookup.ts`,
    find: 'return isTrue ? position : UNKNOWN',
    replace: 'return isTrue ? position : Math.max(0, position)',
    test: `${TESTS}/recovery/recovery.test.ts`,
    title: 'deleted or damaged index files change no answer'
  },
  {
    name: 'a read buffer given back before it was used',
    file: `${LOG}/segment/read.ts`,
    find: '    this.nextOffset = nextOffset\n',
    replace: '    this.nextOffset = nextOffset\n    pool.give(whole)\n',
    test: `${TESTS}/segment/read.test.ts`,
    title: 'buffers come from the pool and go back once'
  },
  {
    name: 'a roll without a sync of the old segment',
    file: `${LOG}/log.ts`,
    find: '      this.#flusher.syncNow()\n      this.#layout.roll(nowMs)\n',
    replace: '      this.#layout.roll(nowMs)\n',
    test: `${TESTS}/crash/crash-sweep.test.ts`,
    title: 'roll: whatever a power cut leaves'
  },
  {
    name: 'retention above the high watermark',
    file: `${LOG}/retention.ts`,
    find: '    if (segment.endOffset > input.deletableEndOffset) break\n',
    replace: '',
    test: `${TESTS}/retention.test.ts`,
    title: 'nothing above the high watermark goes'
  },
  {
    name: 'a short write left in the file when the disk is full',
    file: `${LOG}/log.ts`,
    find: 'if (isShortage(error)) this.#guarded(() => active.cutBack())',
    replace: 'if (isShortage(error)) active.cursors.clear()',
    test: `${TESTS}/disk-errors.test.ts`,
    title: 'costs the batch and nothing else'
  },
  {
    name: 'older segments cut before newer ones',
    file: `${LOG}/log-layout.ts`,
    find: 'for (const segment of segments.toReversed()) this.#delete([segment])',
    replace: 'this.#delete(segments)',
    test: `${TESTS}/crash/crash-sweep.test.ts`,
    title: 'truncate: whatever a power cut leaves'
  },
  {
    name: 'a seal that is older than the index believed for everything',
    file: `${LOG}/segment/segment-indexes.ts`,
    find: 'const entry = this.#offsets.floorByOffset(seal.endOffset - 1 - this.#segment.baseOffset)',
    replace: 'const entry = this.#offsets.count - 1',
    test: `${TESTS}/crash/crash-sweep.test.ts`,
    title: 'disk-errors: whatever a power cut leaves'
  }
]
