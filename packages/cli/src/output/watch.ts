import type { Timer } from '@streambus/base'
import { isRetriable } from '@streambus/wire-client'
import type { Io } from '../io.ts'
import type { Sink } from '../sink.ts'
import { UsageError } from '../usage-error.ts'
import { printable } from './format.ts'

const CLEAR = '\u001b[2J\u001b[H'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

export interface WatchOptions {
  readonly io: Io
  readonly intervalMs: number
  /** The text to show now, line by line. */
  readonly frame: () => Promise<readonly string[]>
  /** Ends what `frame` waits for; called once, at the interrupt. */
  readonly abort: () => void
}

/** Throws UsageError unless something can be refreshed in place. */
export function requireTerminal({ stdout }: Io, isJson: boolean): void {
  if (isJson)
    throw new UsageError('--watch and --json exclude each other; call it in a loop to get JSON again and again')
  if (stdout.canRedraw) return
  if (stdout.isTty) throw new UsageError('--watch needs a terminal whose text can be replaced; TERM is dumb')
  throw new UsageError('--watch needs a terminal on standard output; without --watch it prints once and ends')
}

/**
 * Shows `frame` again and again in the same place until it is interrupted; the last one stays. Errors that may pass are
 * shown above the last frame, others are thrown, and so is any error of the first frame.
 */
export async function watch({ io, intervalMs, frame, abort }: WatchOptions): Promise<void> {
  const { stdout } = io
  let isInterrupted = false
  let wake: (() => void) | null = null
  let timer: Timer | null = null
  const undo = io.onInterrupt(() => {
    isInterrupted = true
    timer?.cancel()
    wake?.()
    abort()
  })
  const isDone = (): boolean => isInterrupted || stdout.isBroken
  let last: readonly string[] | null = null
  try {
    while (!isDone()) {
      let trouble: string[] = []
      const before = last
      try {
        last = await frame()
      } catch (error) {
        if (isDone()) break
        if (before === null || !isRetriable(error)) throw error
        trouble = [`streambus: ${(error as Error).message}`]
      }
      if (isDone()) break
      show(stdout, [...trouble, ...(last ?? [])], before === null)
      await stdout.drained()
      if (isDone()) break
      await new Promise<void>(resolve => {
        wake = resolve
        timer = io.clock.after(intervalMs, resolve)
      })
    }
  } finally {
    undo()
  }
}

/** Lines that fit; the cursor rests on the line below the text. */
export function roomFor({ size }: Sink): number {
  return Math.max(1, size.rows - 1)
}

function show(sink: Sink, lines: readonly string[], isFirst: boolean): void {
  const { columns } = sink.size
  const room = roomFor(sink)
  const fits = lines.length <= room
  const shown = fits ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`]
  const text = shown.map(line => `${printable(line).slice(0, columns)}${CLEAR_LINE}\n`).join('')
  sink.write(`${isFirst ? CLEAR : HOME}${text}${CLEAR_BELOW}`)
}
