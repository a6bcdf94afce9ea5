import { DiskError } from '@streambus/base'
import { BALLAST_BYTES, LogDirectory } from '@streambus/storage-log'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskWatch, type DiskWatchProbe } from '../../src/partition/disk-watch.ts'

const GIB = 2 ** 30
const LIMITS = { warnMs: 5_000, refuseMs: 30_000, exitMs: 60_000, warnBytes: 5 * GIB, refuseBytes: GIB }

/** A disk whose free space a test sets. */
class SizedDisk extends MemoryDisk {
  total = 100 * GIB
  free = 100 * GIB
  problem: Error | null = null
  /** Each log directory on a filesystem of its own. */
  isSplit = false

  override space(directory: string) {
    if (this.problem !== null) throw this.problem
    return { device: this.isSplit ? directory : 'd', totalBytes: this.total, availableBytes: this.free, inodes: null }
  }
}

/** A process that can be stopped: its timers run late, and time has passed. */
class StoppableClock extends ManualClock {
  #frozenMs = 0

  freeze(forMs: number): void {
    this.#frozenMs += forMs
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#frozenMs
  }
}

function setup(limits: Partial<typeof LIMITS> = {}, isSplit = false) {
  const clock = new StoppableClock()
  const disk = new SizedDisk()
  disk.isSplit = isSplit
  const directories = [LogDirectory.open(disk, '/a'), LogDirectory.open(disk, '/b')] as const
  const events: string[] = []
  const stuck: DiskError[] = []
  /** When the running sync of each directory began. */
  const began = new Map<LogDirectory, number>()
  const probe: DiskWatchProbe = {
    syncRunning() {},
    stalled: path => events.push(`${path} stalled`),
    stallRefusal: (path, refusal) => events.push(`${path} ${refusal === null ? 'unstuck' : 'stuck'}`),
    stallEnded: path => events.push(`${path} ended`),
    spaceLow: (path, warning) => events.push(`${path} ${warning === null ? 'roomy' : 'low'}`),
    spaceRefusal: (path, refusal) => events.push(`${path} ${refusal === null ? 'back' : 'full'}`),
    fullRefusal: (path, refusal) => events.push(`${path} ${refusal === null ? 'kept' : 'given'}`),
    writesFailing: (path, failing) => events.push(`${path} writes ${failing === null ? 'work' : 'fail'}`)
  }
  const watch = new DiskWatch({
    clock,
    disk,
    directories,
    syncRunningMs: (directory, nowMs) => nowMs - (began.get(directory) ?? nowMs),
    limits: () => ({ ...LIMITS, ...limits }),
    probe,
    onStuck: error => stuck.push(error)
  })
  watch.start()
  const [a, b] = directories
  return { clock, disk, watch, events, stuck, began, a, b, stateA: watch.stateOf(a), stateB: watch.stateOf(b) }
}

describe('a sync that does not end', () => {
  test('is reported once, then refuses producers of its directory alone, and is forgotten when it ends', () => {
    const { clock, events, began, a, stateA, stateB, stuck } = setup()
    began.set(a, clock.monotonicMs())
    clock.advance(5_000)
    expect([events, stateA.isStalled]).toEqual([[], false])
    clock.advance(25_000)
    expect([events, stateA.isStalled, stateA.refusal]).toEqual([['/a stalled'], true, null])
    expect(stateA.warning).toContain('/a: a sync has been under way for 30 s')
    clock.advance(1_000)
    expect(stateA.refusal).toMatch(/^\/a: .* for 31 s, longer than log\.dir\.stall\.refuse\.ms \(30000\)/)
    expect([stateB.refusal, stateB.isStalled]).toEqual([null, false])
    clock.advance(20_000)
    began.delete(a)
    clock.advance(1_000)
    expect(events).toEqual(['/a stalled', '/a stuck', '/a unstuck', '/a ended'])
    expect([stateA.refusal, stateA.warning, stateA.isStalled]).toEqual([null, null, false])
    clock.advance(120_000)
    expect([events.length, stuck]).toEqual([4, []])
  })

  test('ends the process after a minute, once, naming directory and setting', () => {
    const { clock, began, b, stuck } = setup()
    began.set(b, clock.monotonicMs())
    clock.advance(60_000)
    expect(stuck).toEqual([])
    clock.advance(60_000)
    expect(stuck.map(({ code, path }) => [code, path])).toEqual([['ETIMEDOUT', '/b']])
    expect(stuck[0]?.message).toBe(
      '/b: a sync has been under way for 61 s, longer than log.dir.stall.exit.ms (60000): the disk does not answer'
    )
    expect(clock.timerCount).toBe(0)
  })

  test('has no consequence whose limit is 0', () => {
    const { clock, began, a, events, stuck } = setup({ warnMs: 0, refuseMs: 0, exitMs: 0 })
    began.set(a, clock.monotonicMs())
    clock.advance(1_000_000)
    expect([events, stuck]).toEqual([[], []])
  })

  test('does not count the time in which the event loop stood still: it may have ended unheard', () => {
    const { clock, began, a, events, stuck } = setup()
    began.set(a, clock.monotonicMs())
    clock.advance(3_000)
    clock.freeze(600_000)
    clock.advance(1_000)
    expect([stuck, events]).toEqual([[], []])
    clock.advance(1_000)
    expect(events).toEqual([])
    clock.advance(57_000)
    expect([events, stuck.length]).toEqual([['/a stalled', '/a stuck'], 1])
  })
})

describe('free space', () => {
  test('is reported when it is low, and refuses producers before it is gone', () => {
    const { clock, disk, events, stateA } = setup()
    disk.free = 5 * GIB - 1
    clock.advance(1_000)
    expect([events, stateA.refusal, stateA.isStalled]).toEqual([['/a low', '/b low'], null, false])
    expect(stateA.warning).toContain('log.dir.free.warn.bytes')
    disk.free = GIB - 1
    clock.advance(10_000)
    expect(events.slice(2)).toEqual(['/a full', '/b full'])
    expect(stateA.refusal).toMatch(/^\/a: 1073741823 of \d+ bytes are free, fewer than log\.dir\.free\.refuse\.bytes/)
  })

  test('lets producers back when a little more than the limit is free', () => {
    const { clock, disk, events, stateA } = setup()
    const at = (availableBytes: number): string[] => {
      events.length = 0
      disk.free = availableBytes
      clock.advance(1_000)
      return events.filter(event => event.startsWith('/a'))
    }
    expect(at(GIB - 1)).toEqual(['/a low', '/a full'])
    expect(at(GIB)).toEqual([])
    expect(stateA.refusal).not.toBe(null)
    expect(at(1.1 * GIB + 1)).toEqual(['/a back'])
    expect([stateA.refusal, at(GIB + 1)]).toEqual([null, []])
    expect(at(100 * GIB)).toEqual(['/a roomy'])
    expect(stateA.warning).toBe(null)
  })

  test('counts in shares on a small disk: 15 % and 5 %', () => {
    const { clock, disk, events } = setup()
    disk.total = 1_000_000
    for (const availableBytes of [150_000, 149_999, 50_000, 49_999]) {
      disk.free = availableBytes
      clock.advance(1_000)
      events.push(String(availableBytes))
    }
    expect(events.filter(event => !event.startsWith('/b'))).toEqual([
      '150000',
      '/a low',
      '149999',
      '50000',
      '/a full',
      '49999'
    ])
  })

  test('is looked at more often the less of it is left', () => {
    const { clock, disk, events } = setup()
    disk.total = disk.free = 32_000_000
    clock.advance(1_000)
    events.length = 0
    // 304 ms would be enough to fill it at 100 MB/s.
    disk.free = 4_000_000
    clock.advance(304)
    expect(events).toEqual(['/a low', '/b low'])
    disk.free = 1_000_000
    clock.advance(50)
    expect(events.slice(2)).toEqual(['/a full', '/b full'])
    disk.free = 32_000_000
    clock.advance(50)
    expect(events.length).toBe(8)
  })

  test('is told when no limit keeps any and writes fail, until none has for a while and there is room', () => {
    const { clock, disk, events, stateA } = setup({ warnBytes: 0, refuseBytes: 0 })
    disk.free = 0
    clock.advance(5_000)
    expect(events).toEqual([])
    stateA.writeFailed()
    clock.advance(1_000)
    expect([events, stateA.refusal]).toEqual([['/a writes fail'], null])
    expect(stateA.failing).toContain('/a: writes fail for lack of room')
    clock.advance(60_000)
    // A quota says no while the filesystem says yes.
    disk.free = GIB
    for (let i = 0; i < 4; i++) {
      stateA.writeFailed()
      clock.advance(5_000)
    }
    expect(events).toEqual(['/a writes fail'])
    clock.advance(10_000)
    expect(events).toEqual(['/a writes fail', '/a writes work'])
    expect(stateA.failing).toBeNull()
    stateA.writeFailed()
    clock.advance(1_000)
    disk.problem = new DiskError({ code: 'EIO', operation: 'statfs', path: '/a' })
    clock.advance(10_000)
    expect(events.slice(2)).toEqual(['/a writes fail', '/a writes work'])
  })

  test('never matters when the setting is 0, and a disk that does not say changes nothing', () => {
    const off = setup({ warnBytes: 0, refuseBytes: 0 })
    off.disk.free = 0
    off.clock.advance(5_000)
    expect(off.events).toEqual([])
    const { clock, disk, events, stateA } = setup()
    disk.free = 0
    clock.advance(1_000)
    disk.problem = new DiskError({ code: 'EIO', operation: 'statfs', path: '/a' })
    disk.free = 100 * GIB
    clock.advance(1_000)
    expect([events.length, stateA.refusal === null]).toEqual([4, false])
  })

  test('is known before the first second is over, and not asked for while the disk is silent', () => {
    const { clock, disk, watch, began, a, b, events } = setup()
    watch.stop()
    disk.free = 0
    watch.start()
    expect(watch.stateOf(a).refusal).not.toBe(null)
    began.set(a, clock.monotonicMs())
    began.set(b, clock.monotonicMs())
    clock.advance(6_000)
    events.length = 0
    disk.free = 100 * GIB
    clock.advance(6_000)
    expect(events).toEqual([])
  })
})

describe('the room that is kept on a full disk', () => {
  function full(isSplit = false) {
    const opened = setup({ warnBytes: 0, refuseBytes: 0 }, isSplit)
    opened.watch.keepRoom()
    opened.disk.free = 0
    return { ...opened, has: (path: string) => opened.disk.exists(`${path}/.ballast`) }
  }

  test('is not kept before the start is over, nor after the stop', () => {
    const { clock, disk, watch, a, stateA, events } = setup()
    clock.advance(10_000)
    expect([disk.exists('/a/.ballast'), stateA.refusal, stateA.giveRoom()]).toEqual([false, null, false])
    watch.keepRoom()
    expect([disk.exists('/a/.ballast'), disk.exists('/b/.ballast')]).toEqual([true, true])
    watch.stop()
    expect([a.ballast.give(), events]).toEqual([true, []])
  })

  test('refuses producers in the moment in which it is given, and until twice as much is free', () => {
    const { clock, disk, events, stateA, has } = full(true)
    expect([stateA.giveRoom(), has('/a'), events]).toEqual([true, false, ['/a given']])
    expect(stateA.refusal).toMatch(/^\/a: the disk is full, .* free 2097152 bytes, delete records/)
    expect([stateA.isFull, stateA.isStalled, stateA.giveRoom()]).toEqual([true, false, false])
    disk.free = 2 * BALLAST_BYTES - 1
    clock.advance(60_000)
    expect([stateA.isFull, has('/a')]).toEqual([true, false])
    disk.free++
    clock.advance(1_000)
    expect([stateA.refusal, has('/a'), events]).toEqual([null, true, ['/a given', '/a kept']])
  })

  test('counts for all directories of a filesystem, and for no other', () => {
    const split = full(true)
    split.stateA.giveRoom()
    expect([split.stateA.isFull, split.stateB.refusal, split.watch.fullFor('/b/x')]).toEqual([true, null, null])
    expect(split.watch.fullFor('/a/x')).toContain('/a: the disk is full')
    split.stateB.giveRoom()
    expect(split.watch.fullFor('/elsewhere')).toContain('/a: the disk is full')
    const { clock, disk, stateA, stateB, events, watch } = full()
    expect(watch.fullFor('/a/x')).toBe(null)
    stateA.giveRoom()
    expect([stateB.isFull, events]).toEqual([true, ['/a given', '/b given']])
    disk.free = 2 * BALLAST_BYTES
    clock.advance(1_000)
    expect([stateA.isFull, stateB.isFull]).toEqual([false, false])
  })

  test('refuses from the start on when there is none', () => {
    const { disk, watch, stateA, stateB, events } = setup({ warnBytes: 0, refuseBytes: 0 })
    disk.free = 2 * BALLAST_BYTES - 1
    watch.keepRoom()
    expect([stateA.isFull, stateB.isFull, events]).toEqual([true, true, ['/a given', '/b given']])
  })

  test('is asked for every five seconds where a quota or a broken disk refuses what looks free, and not while it is silent', () => {
    const { clock, disk, stateA, began, a, has } = full(true)
    stateA.giveRoom()
    disk.free = 100 * GIB
    for (const code of ['EDQUOT', 'EIO']) {
      disk.failNext('write', { code, path: '/a/.ballast' })
      clock.advance(5_000)
      expect([code, stateA.isFull, has('/a')]).toEqual([code, true, code === 'EIO'])
    }
    began.set(a, clock.monotonicMs() - 6_000)
    clock.advance(10_000)
    expect(stateA.isFull).toBe(true)
    began.delete(a)
    clock.advance(5_000)
    expect([stateA.isFull, has('/a')]).toEqual([false, true])
  })
})

test('for any course of syncs, freezes and space: the state is that of the limits', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 1, max: 12 }),
    sync: fc.constantFrom('keep', 'end', 'begin'),
    freezeMs: fc.constantFrom(0, 0, 0, 5_000),
    freeGib: fc.integer({ min: 0, max: 8 })
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), steps => {
      const { clock, disk, began, a, stateA, stuck } = setup()
      let countedMs = -1
      for (const { seconds, sync, freezeMs, freeGib } of steps) {
        if (sync !== 'keep') countedMs = sync === 'end' ? -1 : 0
        if (sync === 'begin') began.set(a, clock.monotonicMs())
        if (sync === 'end') began.delete(a)
        disk.free = freeGib * GIB
        clock.freeze(freezeMs)
        clock.advance(seconds * 1_000)
        if (countedMs >= 0) countedMs += seconds * 1_000
        if (stuck.length > 0) {
          expect(countedMs).toBeGreaterThan(60_000)
          return
        }
        expect(countedMs).toBeLessThanOrEqual(60_000)
        expect(stateA.isStalled).toBe(countedMs > 5_000)
        if (countedMs > 30_000) expect(stateA.refusal).toContain('stall.refuse')
        else if (countedMs <= 5_000 && freeGib < 1) expect(stateA.refusal).toContain('free.refuse')
        else if (countedMs <= 5_000 && freeGib > 1) expect(stateA.refusal).toBe(null)
      }
    })
  )
})
