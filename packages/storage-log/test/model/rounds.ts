import { type CompactionResult, compactLog, KeyMapTooSmall } from '../../src/compaction/compact-log.ts'
import type { SegmentFacts } from '../../src/compaction/plan.ts'
import type { CleanedGroup } from '../../src/index.ts'
import { must } from '../crash/contents.ts'
import { TOPIC } from '../crash/open-disk.ts'
import { readAll } from '../helpers.ts'
import { CompactionRule } from './compaction-rule.ts'
import { decodeStored, type OracleBatch } from './oracle.ts'
import type { World } from './world.ts'

/** How many keys there are in a run. */
export const KEYS = 6

/** A round whose cleaned segments lie beside the old ones. */
export interface PendingRound {
  readonly groups: CleanedGroup[]
  readonly generation: number
  readonly result: CompactionResult
  readonly segments: readonly SegmentFacts[]
  readonly rule: CompactionRule
  /** Truncated since: nothing may be swapped in. */
  isStale: boolean
  areAllIn: boolean
}

/** Plans a round and cleans; nothing of it is in the log afterwards. */
export function planRound(world: World, options: { keys: number; stopAfter: number }): void {
  const { log, disk, nowMs, highWatermark, config } = world
  if (world.round !== null) return
  const checkpointed = world.opened.directory.firstDirtyOffsetOf(TOPIC, 0)
  const { lastStableOffset } = world
  const round = log.planRound({ checkpointed, lastStableOffset, highWatermark, nowMs })
  const { firstDirtyOffset, upToOffset } = round.plan
  if (upToOffset <= firstDirtyOffset) return
  const bound = Math.min(lastStableOffset, highWatermark, world.durable, log.activeSegment.baseOffset)
  must(upToOffset <= bound, () => `a round up to ${upToOffset} goes beyond ${bound}`)
  checkAges(world, firstDirtyOffset, upToOffset)
  const groups: CleanedGroup[] = []
  let calls = options.stopAfter
  const input = { ...round.input(), keyMapBytes: 48 + 27 * options.keys, hashSeed: [1, 2, 3, 4] as const, ioBytes: 500 }
  const host = {
    disk,
    clock: world.opened.clock,
    hooks: { throttle() {}, shouldStop: () => calls-- === 0 },
    onGroup: (group: CleanedGroup) => void groups.push(group)
  }
  let result: CompactionResult
  try {
    result = compactLog(input, host)
  } catch (error) {
    if (error instanceof KeyMapTooSmall) return
    throw error
  }
  const { deleteRetentionMs } = config
  // A stopped round does not say how far its map reached; a large one reached everywhere.
  if (result.outcome === 'stopped' && options.keys <= KEYS) return dropAll(world, groups)
  const endOffset = result.outcome === 'stopped' ? upToOffset : result.endOffset
  const facts = { ...input, batches: world.batches, nowMs, deleteRetentionMs, endOffset }
  const rule = new CompactionRule(facts)
  const { generation } = round
  const { segments } = input
  world.round = { groups, generation, result, segments, rule, isStale: false, areAllIn: true }
}

function dropAll(world: World, groups: readonly CleanedGroup[]): void {
  for (const group of groups) must(!world.log.swapIn(group, -1), () => 'another generation is swapped in')
}

function checkAges(world: World, fromOffset: number, untilOffset: number): void {
  const { minCompactionLagMs } = world.config
  if (minCompactionLagMs === 0) return
  const youngestMs = world.nowMs - minCompactionLagMs
  for (const { baseOffset, maxTimestamp } of world.batches) {
    if (baseOffset < fromOffset || baseOffset >= untilOffset) continue
    must(maxTimestamp <= youngestMs, () => `a round takes ${baseOffset} of ${maxTimestamp}, after ${youngestMs}`)
  }
}

/** Puts up to `count` groups of the pending round in. */
export function swapGroups(world: World, count: number): void {
  const { round } = world
  if (round === null) return
  for (let i = 0; i < count && round.groups.length > 0; i++) swapOne(world, round)
  if (round.groups.length > 0) return
  world.round = null
  const { result, areAllIn } = round
  if (areAllIn && result.outcome === 'done') world.opened.directory.saveFirstDirtyOffset(TOPIC, 0, result.endOffset)
}

function swapOne(world: World, round: PendingRound): void {
  const group = round.groups.shift() as CleanedGroup
  const isIn = world.log.swapIn(group, round.generation)
  must(!(isIn && round.isStale), () => 'a round from before a truncation was swapped in')
  if (!isIn) {
    round.areAllIn = false
    return
  }
  const { log } = world
  const found = new Map(decodeStored(readAll(log)).map(batch => [batch.baseOffset, batch]))
  const kept: OracleBatch[] = []
  for (const before of world.visible) {
    const after = found.get(before.baseOffset) ?? null
    const isInGroup = before.baseOffset >= group.baseOffset && before.baseOffset < group.endOffset
    if (isInGroup) round.rule.check(before, after, world.start)
    else must(after?.bytes.equals(before.bytes) === true, () => `${before.baseOffset} was not to be touched`)
    if (after === null || after.records.length < before.records.length) world.thinned.add(before.producerId)
    if (after !== null) kept.push(after)
  }
  must(kept.length === found.size, () => 'compaction has made batches that were not there')
  world.batches = [...world.batches.filter(batch => batch.lastOffset < world.start), ...kept]
}
