import type { Clock, Timer } from '@streambus/base'
import type { Log, LogFields, LogLevel } from './log.ts'

/** Of one call site. The disk must outlast whoever makes the broker write. */
const LINES_PER_SECOND = 10
const SECOND_MS = 1_000
const REMIND_MS = 60_000
const REMINDERS_MAX = 1_000

export interface RepeatedLine {
  readonly log: Log
  readonly level: LogLevel
  readonly message: string
  readonly fields?: LogFields
}

/**
 * Lines that can come in any number. The first word of a key names the call site: each writes ten lines a second at
 * most, and then one that says how many were left out.
 */
export class RepeatedLines {
  readonly #clock: Clock
  readonly #onSuppressed: () => void
  readonly #remindersMax: number
  /** Few: the first words of our own keys. */
  readonly #sites = new Map<string, Site>()
  readonly #reminders = new Map<string, Reminder>()

  constructor(clock: Clock, onSuppressed: () => void = () => {}, remindersMax = REMINDERS_MAX) {
    this.#clock = clock
    this.#onSuppressed = onSuppressed
    this.#remindersMax = remindersMax
  }

  /** For what happened: to a request, to a connection. */
  write(key: string, line: RepeatedLine): void {
    if (!line.log.isEnabled(line.level)) return
    this.#siteOf(key).write(line)
  }

  /**
   * For a state that lasts, such as a full disk: one line a minute for each key, and the next one says how many were
   * left out. Keys that clients choose are fine, their number is limited.
   */
  remind(key: string, line: RepeatedLine): void {
    if (!line.log.isEnabled(line.level)) return
    const nowMs = this.#clock.monotonicMs()
    const known = this.#reminders.get(key)
    if (known !== undefined && nowMs < known.untilMs) {
      known.suppressed++
      this.#onSuppressed()
      return
    }
    const suppressed = known?.suppressed ?? 0
    this.#siteOf(key).write(suppressed > 0 ? { ...line, fields: { ...line.fields, suppressed } } : line)
    // Taken out first, so that the map stays in order of age and the oldest key makes room.
    this.#reminders.delete(key)
    if (this.#reminders.size >= this.#remindersMax) this.#dropOldest()
    this.#reminders.set(key, { line, untilMs: nowMs + REMIND_MS, suppressed: 0 })
  }

  /** Writes what is still held back, and plans nothing more. For the end of the process. */
  flush(): void {
    while (this.#reminders.size > 0) this.#dropOldest()
    for (const site of this.#sites.values()) site.flush()
  }

  #siteOf(key: string): Site {
    const name = key.split(' ', 1)[0] ?? key
    const known = this.#sites.get(name)
    if (known !== undefined) return known
    const site = new Site(this.#clock, this.#onSuppressed)
    this.#sites.set(name, site)
    return site
  }

  #dropOldest(): void {
    const [oldest] = this.#reminders
    if (oldest === undefined) return
    const [key, { line, suppressed }] = oldest
    this.#reminders.delete(key)
    if (suppressed > 0) writeSuppressed(line, suppressed)
  }
}

interface Reminder {
  readonly line: RepeatedLine
  readonly untilMs: number
  suppressed: number
}

class Site {
  readonly #clock: Clock
  readonly #onSuppressed: () => void
  #secondMs = Number.NEGATIVE_INFINITY
  #written = 0
  #suppressed = 0
  #last: RepeatedLine | null = null
  #timer: Timer | null = null

  constructor(clock: Clock, onSuppressed: () => void) {
    this.#clock = clock
    this.#onSuppressed = onSuppressed
  }

  write(line: RepeatedLine): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.flush()
      this.#secondMs = nowMs
      this.#written = 0
    }
    if (this.#written < LINES_PER_SECOND) {
      this.#written++
      return line.log.write(line.level, line.message, line.fields)
    }
    this.#suppressed += 1 + Number(line.fields?.['suppressed'] ?? 0)
    this.#last = line
    this.#onSuppressed()
    this.#timer ??= this.#clock.after(this.#secondMs + SECOND_MS - nowMs, () => this.flush())
  }

  flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#last !== null) writeSuppressed(this.#last, this.#suppressed)
    this.#last = null
    this.#suppressed = 0
  }
}

/** In the words and the place of what was left out, so that whoever looks for that finds this. */
function writeSuppressed({ log, level, message, fields }: RepeatedLine, suppressed: number): void {
  const event = fields?.['event']
  log.write(level, message, event === undefined ? { suppressed } : { event, suppressed })
}
