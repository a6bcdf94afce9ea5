import { eventually } from '../../compat/eventually.ts'
import type { AdminProxy } from './admin-proxy.ts'
import { clientProblems, driveLoad } from './drive-load.ts'
import { describe, differences, exprOf, type LabelledValue, type Labels } from './expectation.ts'
import { expectations } from './expectations.ts'
import type { StageOptions } from './load-stage.ts'

/** The broker hands out lags for this long after it has computed them. */
const YOUNG_MS = 1_000
const SCRAPE_MS_MAX = 30_000

export interface CheckedLoad extends Omit<StageOptions, 'seed'> {
  readonly prometheus: { query(expr: string): Promise<readonly LabelledValue[]> }
  /** Through which the broker's metrics are asked for, and by nobody else. */
  readonly admin: AdminProxy
  /** How many syncs of data files the disk has counted. Default: it does not. */
  readonly syncs?: () => number
  /** Single out the broker, where Prometheus has several. */
  readonly labels?: Labels
  readonly seed?: number
  /** Default: true. */
  readonly isFull?: boolean
}

/**
 * Drives the whole load and holds what Prometheus has scraped since against the tallies. The proxy must have seen all
 * that the broker has served since its start, and nothing else may reach the broker meanwhile. Returns what is wrong,
 * a line each.
 */
export async function checkLoad(options: CheckedLoad): Promise<readonly string[]> {
  const { say, prometheus, admin, labels = {}, seed = 1, isFull = true } = options
  const stage = await driveLoad({ ...options, seed, isFull })
  for (const reason of stage.skipped) say(`SKIPPED ${reason}`)
  await scraped(prometheus, labels, YOUNG_MS)
  await admin.hold()
  // What Prometheus has may be an earlier page than the last one.
  await scraped(prometheus, labels, 0)
  const { proxy, disk } = stage
  const tally = { wire: proxy.tally, disk, admin: admin.requests, syncs: options.syncs?.() ?? null }
  const expected = expectations(tally)
  const different = await differences(expected, expr => prometheus.query(expr), labels)
  admin.release()
  say(`${expected.length} numbers compared, ${different.length} differ`)
  return [...clientProblems(stage), ...proxy.tally.problems, ...different.map(describe)]
}

/** Resolves when there was a scrape that saw the broker as it is in `waitMs`, with all that it took on disk. */
async function scraped(prometheus: CheckedLoad['prometheus'], labels: Labels, waitMs: number): Promise<void> {
  const sinceMs = Date.now() + waitMs
  const unflushed = exprOf({ name: 'streambus_log_unflushed_messages', labels: {}, of: 'one' }, labels)
  await eventually(async () => {
    const [time] = await prometheus.query(`timestamp(${unflushed})`)
    if ((time?.value ?? 0) * 1000 < sinceMs) throw new Error('Prometheus has not scraped the broker since the load')
    const [records] = await prometheus.query(unflushed)
    if (records?.value !== 0) throw new Error(`${records?.value} records still wait for their sync`)
  }, SCRAPE_MS_MAX)
}
