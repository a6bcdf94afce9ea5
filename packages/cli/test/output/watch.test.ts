import { PassThrough, Readable } from 'node:stream'
import { ManualClock } from '@streambus/testkit'
import { WireError } from '@streambus/wire-client'
import { describe, expect, it } from 'vitest'
import type { Io } from '../../src/io.ts'
import { requireTerminal, watch } from '../../src/output/watch.ts'
import { Sink } from '../../src/sink.ts'

const AWAY = new WireError('closed', { host: 'h', port: 1 }, 'the broker went away')

/** Runs `watch` over these frames, each after one more interval, then interrupts; what the terminal got, by frame. */
async function watched(frames: readonly (readonly string[] | Error)[], size: object = {}): Promise<string[]> {
  const stream = Object.assign(new PassThrough(), { isTTY: true }, size)
  const clock = new ManualClock()
  let interrupt = (): void => {}
  let undone = 0
  const io: Io = {
    stdin: Readable.from([]),
    stdout: new Sink(stream),
    stderr: new Sink(new PassThrough()),
    env: {},
    clock,
    onInterrupt(run) {
      interrupt = run
      return () => undone++
    }
  }
  let asked = 0
  const ended = watch({
    io,
    intervalMs: 1000,
    abort() {},
    async frame() {
      const frame = frames[asked++]
      if (frame === undefined) {
        interrupt()
        throw AWAY
      }
      // The next look is due once this one is shown.
      setImmediate(() => clock.advance(1000))
      if (frame instanceof Error) throw frame
      return frame
    }
  })
  await ended.finally(() => expect(undone).toBe(1))
  expect(clock.timerCount).toBe(0)
  const text = (stream.read() as Buffer | null)?.toString() ?? ''
  return text.split('\u001b[J').slice(0, -1)
}

describe('watch', () => {
  it('clears the screen once and then overwrites', async () => {
    expect(await watched([['one', 'two'], ['three']])).toEqual([
      '\u001b[2J\u001b[Hone\u001b[K\ntwo\u001b[K\n',
      '\u001b[Hthree\u001b[K\n'
    ])
  })

  it('keeps to the size of the terminal', async () => {
    const lines = ['123456789012345', 'b', 'c', 'd', 'e']
    expect(await watched([lines], { rows: 4, columns: 14 })).toEqual([
      '\u001b[2J\u001b[H12345678901234\u001b[K\nb\u001b[K\n… 3 more lines\u001b[K\n'
    ])
  })

  it('shows trouble that may pass above what was known, and goes on', async () => {
    expect(await watched([['one'], AWAY, ['two']])).toEqual([
      '\u001b[2J\u001b[Hone\u001b[K\n',
      '\u001b[Hstreambus: the broker went away\u001b[K\none\u001b[K\n',
      '\u001b[Htwo\u001b[K\n'
    ])
  })

  it('ends with trouble that does not pass, and with any at the beginning', async () => {
    await expect(watched([['one'], new Error('no')])).rejects.toThrow('no')
    await expect(watched([AWAY])).rejects.toThrow('went away')
  })
})

it.each([
  [{ isTTY: true }, 'xterm', null],
  [{ isTTY: true }, undefined, null],
  [{ isTTY: true }, 'dumb', 'TERM is dumb'],
  [{}, 'xterm', 'needs a terminal on standard output']
])('needs a terminal whose text can be replaced: %j, TERM=%s', (stream, term, problem) => {
  const io = { stdout: new Sink(Object.assign(new PassThrough(), stream), term) } as Io
  const required = (): void => requireTerminal(io, false)
  if (problem === null) expect(required).not.toThrow()
  else expect(required).toThrow(problem)
})
