import { adminAddress } from '../admin-address.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { formatTimestamp } from '../output/format.ts'
import { printJson } from '../output/table.ts'
import { roomFor, watch } from '../output/watch.ts'
import { momentAfter, momentOf } from '../top/moments.ts'
import { type Reading, readingOf } from '../top/reading.ts'
import { type ScreenSize, screenOf } from '../top/screen.ts'

export interface TopOptions {
  readonly admin: string
  readonly interval: number
  readonly once?: boolean
}

/** How long the first look at what grows takes. */
const FIRST_MS = 1_000

/**
 * What a broker does now, from its metrics: again and again on a terminal, else once. Rates are those between two
 * scrapes.
 */
export async function top(call: Call<TopOptions>): Promise<number> {
  const { io, options } = call
  const address = adminAddress(options.admin)
  const scraped = { address, clock: io.clock, timeoutMs: options.timeout }
  let before = await momentOf(scraped)
  const read = async (): Promise<Reading> => {
    const after = await momentAfter(before, scraped)
    const reading = readingOf({ before, after })
    before = after
    return reading
  }
  await new Promise<void>(resolve => void io.clock.after(Math.min(FIRST_MS, options.interval), resolve))
  if (options.json) {
    printJson(io.stdout, await read())
    return ExitCode.ok
  }
  const title = (hint: string): string => `${formatTimestamp(io.clock.wallMs())}  http://${options.admin}${hint}`
  const { stdout } = io
  if (options.once || !stdout.canRedraw) {
    const { columns } = stdout.size
    for (const line of screenOf(await read(), title(''), { columns })) stdout.line(line)
    return ExitCode.ok
  }
  const room = (): ScreenSize => ({ columns: stdout.size.columns, rows: roomFor(stdout) })
  await watch({
    io,
    intervalMs: options.interval,
    frame: async () => screenOf(await read(), title(`  Ctrl-C ends this; every ${options.interval} ms`), room()),
    abort() {}
  })
  return ExitCode.ok
}
