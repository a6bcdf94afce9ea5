import fs from 'node:fs'
import path from 'node:path'
import { type TempDir, tempDir } from '@streambus/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { assignmentOf, GroupRig } from '../group/group-rig.ts'

let rig: GroupRig
let directory: TempDir
beforeAll(async () => {
  directory = tempDir('reset')
  rig = await GroupRig.start()
  await rig.topic('orders', [10, 20, 30])
  await rig.topic('clicks', [5])
})
afterAll(async () => {
  await rig.stop()
  directory.remove()
})
beforeEach(() => rig.commit('g', 'orders', { 0: 4, 1: 12 }))

interface Row {
  readonly topic: string
  readonly partition: number
  readonly old: number | null
  readonly new: number
}

async function plan(...args: string[]): Promise<(number | null)[][]> {
  const { partitions } = await rig.json<{ partitions: Row[] }>('group', 'reset-offsets', 'g', ...args)
  return partitions.map(row => [row.partition, row.old, row.new])
}

/** What is committed, as --export prints it. */
function committed(group = 'g'): Promise<string> {
  return rig.text('group', 'reset-offsets', group, '--all-topics', '--export')
}

function file(text: string): string {
  const name = path.join(directory.path, 'offsets.csv')
  fs.writeFileSync(name, text)
  return name
}

describe('group reset-offsets', () => {
  it.each([
    [
      ['--topic', 'orders', '--to-earliest'],
      [
        [0, 4, 0],
        [1, 12, 0],
        [2, null, 0]
      ]
    ],
    [
      ['--topic', 'orders', '--to-latest'],
      [
        [0, 4, 10],
        [1, 12, 20],
        [2, null, 30]
      ]
    ],
    [
      ['--all-topics', '--to-latest'],
      [
        [0, 4, 10],
        [1, 12, 20]
      ]
    ],
    [['--topic', 'orders:1', '--to-offset', '7'], [[1, 12, 7]]],
    [
      ['--topic', 'orders:0,1', '--to-offset', '15'],
      [
        [0, 4, 10],
        [1, 12, 15]
      ]
    ],
    [
      ['--all-topics', '--shift-by', '-5'],
      [
        [0, 4, 0],
        [1, 12, 7]
      ]
    ],
    [
      ['--all-topics', '--shift-by', '3'],
      [
        [0, 4, 7],
        [1, 12, 15]
      ]
    ],
    [
      ['--all-topics', '--to-datetime', '1999-12-31T23:59:59'],
      [
        [0, 4, 0],
        [1, 12, 0]
      ]
    ],
    [
      ['--all-topics', '--to-datetime', '2999-12-31'],
      [
        [0, 4, 10],
        [1, 12, 20]
      ]
    ],
    [
      ['--all-topics', '--by-duration', 'PT1H'],
      [
        [0, 4, 0],
        [1, 12, 0]
      ]
    ]
  ])('%j', async (args, expected) => {
    expect(await plan(...args)).toEqual(expected)
    expect(await committed()).toBe('orders,0,4\norders,1,12\n')
  })

  it('changes nothing until it is told to', async () => {
    const dry = await rig.cli(['group', 'reset-offsets', 'g', '--topic', 'orders:0', '--to-offset', '99'])
    expect(dry.exitCode).toBe(0)
    expect(dry.stdout.toString()).toBe(
      'TOPIC   PARTITION  OLD  NEW  CHANGE  LAG\norders          0    4   10      +6    0\n'
    )
    expect(dry.stderr).toBe(
      'streambus: warning: partition 0 of orders: offset 99 is above the end of the log; 10 is taken instead\n' +
        'dry run: nothing was changed; the same with --execute commits the new offsets\n'
    )
    expect(await committed()).toBe('orders,0,4\norders,1,12\n')
    const real = await rig.cli(['group', 'reset-offsets', 'g', '--topic', 'orders:0', '--to-offset', '9', '--execute'])
    expect([real.exitCode, real.stderr]).toEqual([0, 'group g: 1 offset(s) committed\n'])
    expect(await committed()).toBe('orders,0,9\norders,1,12\n')
  })

  it('goes back to what --export has saved', async () => {
    const saved = file(await committed())
    await rig.text('group', 'reset-offsets', 'g', '--all-topics', '--to-latest', '--execute')
    expect(await committed()).toBe('orders,0,10\norders,1,20\n')
    await rig.text('group', 'reset-offsets', 'g', '--from-file', saved, '--execute')
    expect(await committed()).toBe('orders,0,4\norders,1,12\n')
  })

  it('exports a plan', async () => {
    const text = await rig.text('group', 'reset-offsets', 'g', '--topic', 'orders', '--to-latest', '--export')
    expect(text).toBe('orders,0,10\norders,1,20\norders,2,30\n')
  })

  it('exports offsets as they are, also above the end', async () => {
    await rig.commit('ahead', 'clicks', { 0: 99 })
    const { stdout, stderr } = await rig.cli(['group', 'reset-offsets', 'ahead', '--all-topics', '--export'])
    expect([stdout.toString(), stderr]).toEqual(['clicks,0,99\n', ''])
  })

  it('makes a group that is not there, and says so', async () => {
    const args = ['group', 'reset-offsets', 'fresh', '--topic', 'clicks', '--to-earliest', '--execute']
    const { exitCode, stderr } = await rig.cli(args)
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('group fresh does not exist yet')])
    expect(await committed('fresh')).toBe('clicks,0,0\n')
  })

  it('takes the lines of its own group', async () => {
    const name = file('g,orders,0,1\nother,orders,1,2\n')
    const { stdout, stderr } = await rig.cli(['group', 'reset-offsets', 'g', '--from-file', name, '--export'])
    expect([stdout.toString(), stderr]).toEqual([
      'orders,0,1\n',
      'streambus: warning: 1 line(s) of the file are for other groups and left out\n'
    ])
  })

  it('with --all-topics knows nothing of a topic that took its offsets along', async () => {
    await rig.topic('gone', [3])
    await rig.commit('wide', 'clicks', { 0: 1 })
    await rig.commit('wide', 'gone', { 0: 1 })
    await rig.text('topic', 'delete', 'gone')
    const { exitCode, stdout, stderr } = await rig.cli([
      'group',
      'reset-offsets',
      'wide',
      '--all-topics',
      '--to-latest',
      '--export'
    ])
    expect([exitCode, stdout.toString(), stderr]).toEqual([0, 'clicks,0,5\n', ''])
  })

  it('is refused while the group has members, also as a dry run; exporting is not', async () => {
    const leave = await rig.join('g', { assignment: assignmentOf({ orders: [0] }) })
    const { exitCode, stderr } = await rig.cli(['group', 'reset-offsets', 'g', '--all-topics', '--to-latest'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /^streambus: group g: has 1 member\(s\) and is Stable; .*: stop tester on \/127\.0\.0\.1, wait/
    )
    expect(await committed()).toBe('orders,0,4\norders,1,12\n')
    await leave()
    expect(await plan('--all-topics', '--to-latest')).toHaveLength(2)
  })
})

describe('group reset-offsets refuses', () => {
  const TO = '--to-latest'
  it.each([
    [['--topic', 'orders'], 'nothing says where the offsets should go: give one of --to-earliest'],
    [[TO], 'nothing says which topics: give --topic'],
    [['--topic', 'orders', '--all-topics', TO], '--topic and --all-topics exclude each other'],
    [['--topic', 'orders', TO, '--to-earliest'], '--to-earliest and --to-latest exclude each other'],
    [['--topic', 'orders', TO, '--execute', '--dry-run'], '--execute and --dry-run exclude each other'],
    [['--topic', 'orders', '--export', '--execute'], '--export alone changes nothing'],
    [['--topic', 'orders', TO, '--export', '--json'], '--export prints CSV and --json JSON'],
    [['--topic', 'orders:1,3', TO], '--topic names partition 3; topic orders has partitions 0 … 2'],
    [['--topic', 'orders', '--to-offset', '-1'], "--to-offset is '-1'; a whole number of 0 … 9007199254740991"],
    [['--topic', 'orders', '--shift-by', 'some'], "--shift-by is 'some'"],
    [['--topic', 'orders', '--to-datetime', 'noon'], "--to-datetime is 'noon'"],
    [['--topic', 'orders', '--by-duration', '99999d'], "--by-duration is '99999d', which is before 1970"],
    [['--topic', 'orders', '--from-file', 'x'], '--topic and --from-file exclude each other'],
    [['--from-file', '/does/not/exist'], '--from-file /does/not/exist: ENOENT']
  ])('%j', async (args, message) => {
    const { exitCode, stderr, stdout } = await rig.cli(['group', 'reset-offsets', 'g', ...args])
    expect([exitCode, stderr, stdout.toString()]).toEqual([2, expect.stringContaining(message), ''])
  })

  it('a topic or partition that is not there', async () => {
    const topic = await rig.cli(['group', 'reset-offsets', 'g', '--topic', 'nope', TO])
    expect([topic.exitCode, topic.stderr]).toEqual([1, expect.stringContaining('topic nope: does not exist')])
    const partition = await rig.cli(['group', 'reset-offsets', 'g', '--from-file', file('orders,7,0')])
    expect([partition.exitCode, partition.stderr]).toEqual([1, expect.stringContaining('partition 7 of topic orders')])
  })

  it('a file without a line for the group, and a group without offsets', async () => {
    const empty = await rig.cli(['group', 'reset-offsets', 'g', '--from-file', file('x,orders,0,1')])
    expect([empty.exitCode, empty.stderr]).toEqual([2, expect.stringContaining('only 1 line(s) for other groups')])
    const none = await rig.cli(['group', 'reset-offsets', 'none', '--all-topics', TO])
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('group none has committed nothing')])
  })

  it('to shift what was never committed', async () => {
    const { exitCode, stderr } = await rig.cli(['group', 'reset-offsets', 'g', '--topic', 'orders', '--shift-by', '1'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('nothing in partition 2 of orders')])
  })
})
