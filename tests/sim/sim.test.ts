import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { simulate } from './simulation.ts'

const SEEDS = 60
/** Of a machine that is busy: alone they take 6 s. */
const TIMEOUT_MS = 120_000

test(
  `${SEEDS} seeds violate nothing, and what may happen to groups does happen in them`,
  async () => {
    const counts = new Map<string, number>()
    const failures: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await simulate({ seed })
      if (outcome.violation !== null) failures.push(`--seed ${seed}: ${outcome.violation.message}`)
      for (const [what, count] of outcome.counts) counts.set(what, (counts.get(what) ?? 0) + count)
    }
    expect(failures).toEqual([])
    const wanted = [
      'stop',
      'kill',
      'power-cut',
      'disk failure',
      'JoinGroup MEMBER_ID_REQUIRED',
      'JoinGroup UNKNOWN_MEMBER_ID',
      'JoinGroup FENCED_INSTANCE_ID',
      'SyncGroup REBALANCE_IN_PROGRESS',
      'Heartbeat ILLEGAL_GENERATION',
      'Heartbeat UNKNOWN_MEMBER_ID',
      'Heartbeat FENCED_INSTANCE_ID',
      'OffsetCommit NONE',
      'OffsetCommit ILLEGAL_GENERATION',
      'OffsetCommit COORDINATOR_NOT_AVAILABLE',
      'OffsetCommit lost',
      'OffsetFetch COORDINATOR_LOAD_IN_PROGRESS',
      'OffsetDelete NONE',
      'DeleteGroups NONE',
      'DeleteGroups NON_EMPTY_GROUP',
      'LeaveGroup NONE',
      'ConsumerGroupHeartbeat FENCED_MEMBER_EPOCH',
      'ConsumerGroupHeartbeat UNKNOWN_MEMBER_ID',
      'ConsumerGroupHeartbeat UNRELEASED_INSTANCE_ID',
      'ConsumerGroupHeartbeat FENCED_INSTANCE_ID',
      'ConsumerGroupHeartbeat COORDINATOR_LOAD_IN_PROGRESS',
      'ConsumerGroupHeartbeat lost',
      'ConsumerGroupDescribe NONE',
      'OffsetCommit STALE_MEMBER_EPOCH',
      'OffsetFetch STALE_MEMBER_EPOCH',
      'from classic to consumer',
      'from consumer to classic'
    ]
    expect(wanted.filter(what => !counts.has(what))).toEqual([])
  },
  TIMEOUT_MS
)

test('a seed repeats its trace, whatever else the process is doing', async () => {
  const alone = await simulate({ seed: 7 })
  const together = await Promise.all([7, 8, 7, 9].map(seed => simulate({ seed })))
  expect(together.map(({ hash }) => hash === alone.hash)).toEqual([true, false, true, false])
  expect(together[0]?.events).toBe(alone.events)
})

test('what is switched off does not happen, and leaves the draws of the others as they were', async () => {
  const full = await simulate({ seed: 3 })
  const without = await simulate({ seed: 3, without: ['power-cut', 'kill', 'stop', 'sync-error'] })
  for (const end of ['power-cut', 'kill', 'stop', 'disk failure']) expect(without.counts.has(end)).toBe(false)
  expect(without.swarm.rates).toEqual({ ...full.swarm.rates, 'power-cut': 0, kill: 0, stop: 0, 'sync-error': 0 })
})

function run(...words: string[]): { status: number | null; stdout: string } {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' })
  return { status, stdout }
}

test('all groups speak what is wished, and classic ones are troubled as before there was anything else', async () => {
  const { counts } = await simulate({ seed: 3, protocol: 'classic' })
  expect([...counts.keys()].filter(what => what.startsWith('ConsumerGroup'))).toEqual([])
  const { counts: modern } = await simulate({ seed: 3, protocol: 'consumer' })
  expect([...modern.keys()].filter(what => what.startsWith('JoinGroup'))).toEqual([])
})

test('from the command line a seed has the same hash as here, and a trace that people can read', async () => {
  const { hash } = await simulate({ seed: 5, protocol: 'classic' })
  const { status, stdout } = run('--seed', '5', '--trace', '--protocol', 'classic')
  expect([status, stdout]).toEqual([0, expect.stringContaining(`hash ${hash}`)])
  expect(stdout).toMatch(/^ +\d+ {2}g0-m0\.1 → #\d+ JoinGroup v\d \{"groupId":"g0"/m)
})

test('words that make no sense end with 2 and say what would', () => {
  for (const words of [
    ['--seed', 'x'],
    ['--seeds', '0'],
    ['--without', 'rain'],
    ['--protocol', 'smoke'],
    ['--seeds', '2', '--trace']
  ]) {
    expect(run(...words)).toEqual({ status: 2, stdout: expect.stringContaining('usage: ') })
  }
})
