const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

/** How much each bench moves. Sizes are bytes unless they say otherwise. */
export interface StorageSizes {
  readonly repeats: number
  /** Whether to empty the page cache of the whole machine where the process may. */
  readonly dropsPageCache: boolean
  readonly append: {
    readonly partitions: readonly number[]
    /** Whichever of the two comes first ends a run. */
    readonly bytesMax: number
    readonly durationMsMax: number
    /** Batches that a writer has under way before it waits for the first of them to be durable. */
    readonly inFlight: number
    readonly flushMs: number
    readonly flushMessages: number
  }
  readonly read: {
    readonly logBytes: number
    readonly chunkBytes: readonly number[]
  }
  readonly lookup: {
    readonly logBytes: readonly number[]
    readonly segmentBytes: number
    /** Look-ups per kind, and first look-ups in a segment. */
    readonly count: number
    readonly coldCount: number
  }
  readonly open: {
    readonly partitions: number
    readonly batches: number
    /** Every so many partitions one has three segments. */
    readonly severalEvery: number
  }
  readonly recovery: {
    /** With `olderBytes[0]` of older data. */
    readonly unsyncedBytes: readonly number[]
    /** With `unsyncedBytes[1]` unsynced. */
    readonly olderBytes: readonly number[]
    readonly segmentBytes: number
  }
  readonly compaction: {
    readonly logBytes: number
    readonly segmentBytes: number
    readonly keys: number
    /** Batches per second that are produced beside it, and for how long without it. */
    readonly producePerSecond: number
    readonly aloneMs: number
  }
}

export const FULL: StorageSizes = {
  repeats: 3,
  dropsPageCache: true,
  append: {
    partitions: [1, 100, 1_000],
    bytesMax: 1 * GIB,
    durationMsMax: 3_000,
    inFlight: 5,
    flushMs: 100,
    flushMessages: 500
  },
  read: { logBytes: 1 * GIB, chunkBytes: [64 * KIB, MIB] },
  lookup: { logBytes: [1 * GIB, 10 * GIB, 50 * GIB], segmentBytes: 1 * GIB, count: 1_000, coldCount: 100 },
  open: { partitions: 10_000, batches: 8, severalEvery: 5 },
  recovery: {
    unsyncedBytes: [1 * MIB, 16 * MIB, 128 * MIB, 1 * GIB],
    olderBytes: [64 * MIB, 1 * GIB, 10 * GIB],
    segmentBytes: 1 * GIB
  },
  compaction: {
    logBytes: 1 * GIB,
    segmentBytes: 128 * MIB,
    keys: 100_000,
    producePerSecond: 500,
    aloneMs: 5_000
  }
}

export const QUICK: StorageSizes = {
  repeats: 1,
  dropsPageCache: true,
  append: { ...FULL.append, partitions: [1, 100], bytesMax: 128 * MIB, durationMsMax: 500, flushMs: 20 },
  read: { ...FULL.read, logBytes: 64 * MIB },
  lookup: { ...FULL.lookup, count: 200, coldCount: 20 },
  open: { ...FULL.open, partitions: 500 },
  recovery: {
    unsyncedBytes: [1 * MIB, 16 * MIB, 64 * MIB],
    olderBytes: [16 * MIB, 256 * MIB, 1 * GIB],
    segmentBytes: 64 * MIB
  },
  compaction: { ...FULL.compaction, logBytes: 64 * MIB, segmentBytes: 8 * MIB, keys: 10_000, aloneMs: 1_000 }
}

/** Enough to see that everything moves and is checked: what the tests run. */
export const TINY: StorageSizes = {
  repeats: 1,
  dropsPageCache: false,
  append: {
    partitions: [1, 3],
    bytesMax: 512 * KIB,
    durationMsMax: 2_000,
    inFlight: 2,
    flushMs: 1,
    flushMessages: 64
  },
  read: { logBytes: 512 * KIB, chunkBytes: [64 * KIB] },
  lookup: { logBytes: [256 * KIB, 1536 * KIB], segmentBytes: 256 * KIB, count: 20, coldCount: 6 },
  open: { partitions: 5, batches: 5, severalEvery: 2 },
  recovery: { unsyncedBytes: [64 * KIB, 128 * KIB], olderBytes: [256 * KIB, 1 * MIB], segmentBytes: 256 * KIB },
  compaction: { logBytes: 512 * KIB, segmentBytes: 128 * KIB, keys: 50, producePerSecond: 500, aloneMs: 50 }
}

export function bytesText(bytes: number): string {
  if (bytes >= GIB) return `${bytes / GIB} GiB`
  return bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / KIB} KiB`
}
