/** From good to bad, as Burrow orders them. */
const STATUSES = ['OK', 'WARN', 'STOP', 'STALL', 'REWIND'] as const

export type LagStatus = (typeof STATUSES)[number]

/** One commit of a group for one partition. */
export interface CommitSample {
  readonly offset: number
  readonly timeMs: number
  /** The lag right after it; null when it was read back from the log of commits, long after it was made. */
  readonly lag: number | null
}

export interface StatusQuestion {
  /** The window, oldest first. */
  readonly commits: readonly CommitSample[]
  /** High watermarks of the last minutes. */
  readonly recentEndOffsets: readonly number[]
  /** High watermark − committed offset. */
  readonly currentLag: number
  readonly nowMs: number
  /** A lag that counts as none. Default 0, as in Burrow. */
  readonly allowedLag?: number
}

/**
 * Burrow's judgement of a group in one partition (core/internal/evaluator of linkedin/Burrow, and "Consumer Lag
 * Evaluation Rules" of its wiki), in its order:
 *
 * 1. no lag now: OK;
 * 2. no commit for longer than the window is wide: STOP, unless a recent end offset had been reached;
 * 3. an offset went back and the one before it has not been reached again: REWIND;
 * 4. no lag at any commit: OK;
 * 5. all commits have the same offset: STALL;
 * 6. the lag never fell from one commit to the next: WARN; otherwise OK.
 *
 * No commits: OK. Pure.
 */
export function statusOf(question: StatusQuestion): LagStatus {
  const { commits, currentLag, allowedLag = 0 } = question
  const last = commits.at(-1)
  if (last === undefined || currentLag <= allowedLag) return 'OK'
  if (hasStopped(question) && !question.recentEndOffsets.some(end => end <= last.offset)) return 'STOP'
  if (hasRewound(commits)) return 'REWIND'
  if (commits.some(({ lag }) => lag !== null && lag <= allowedLag)) return 'OK'
  if (commits.every(({ offset }) => offset === last.offset)) return 'STALL'
  return lagNeverFalls(commits) ? 'WARN' : 'OK'
}

/** The worst of a group's partitions; OK without any. */
export function worstOf(statuses: Iterable<LagStatus>): LagStatus {
  let worst = 0
  for (const status of statuses) worst = Math.max(worst, STATUSES.indexOf(status))
  return STATUSES[worst] as LagStatus
}

function hasStopped({ commits, nowMs }: StatusQuestion): boolean {
  const firstMs = commits[0]?.timeMs ?? nowMs
  const lastMs = commits.at(-1)?.timeMs ?? nowMs
  return nowMs - lastMs > lastMs - firstMs
}

/** Only the first step back is looked at. */
function hasRewound(commits: readonly CommitSample[]): boolean {
  const at = commits.findIndex(({ offset }, i) => offset < (commits[i - 1]?.offset ?? Number.NEGATIVE_INFINITY))
  if (at < 0) return false
  const before = commits[at - 1]?.offset ?? Number.NEGATIVE_INFINITY
  return !commits.slice(at).some(({ offset }) => offset >= before)
}

function lagNeverFalls(commits: readonly CommitSample[]): boolean {
  let before = Number.NEGATIVE_INFINITY
  for (const { lag } of commits) {
    if (lag === null) continue
    if (lag < before) return false
    before = lag
  }
  return true
}
