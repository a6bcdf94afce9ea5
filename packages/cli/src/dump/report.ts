import { formatBytes, formatCount, printable } from '../output/format.ts'
import type { Sink } from '../sink.ts'

export type Fact = string | number | boolean | null | Record<string, unknown> | readonly Record<string, unknown>[]

export interface Verdict {
  readonly file: string
  readonly bytes: number
  /** What the file has of them, such as batches and records, or entries. */
  readonly counts: Readonly<Record<string, number>>
}

/** Prints what a dump finds: a line of facts per item, a verdict per file. With `json`, an object a line. */
export class Report {
  readonly #sink: Sink
  readonly #json: boolean
  readonly #quiet: boolean
  #file = ''
  #problems: string[] = []
  #damagedFiles = 0

  constructor(sink: Sink, options: { json: boolean; quiet: boolean }) {
    this.#sink = sink
    this.#json = options.json
    this.#quiet = options.quiet
  }

  get damagedFiles(): number {
    return this.#damagedFiles
  }

  get isBroken(): boolean {
    return this.#sink.isBroken
  }

  begin(file: string): void {
    this.#file = file
    this.#problems = []
    if (!this.#json && !this.#quiet) this.#sink.line(`\n${file}`)
  }

  /** One batch, record or entry. */
  item(type: string, facts: Readonly<Record<string, Fact>>): void {
    if (this.#quiet) return
    if (this.#json) {
      this.#sink.line(JSON.stringify({ type, file: this.#file, ...facts }))
      return
    }
    const indent = type === 'record' ? '    ' : '  '
    const text = Object.entries(facts).map(([name, value]) => `${name}: ${show(value)}`)
    this.#sink.line(`${indent}${text.join(' ')}`)
  }

  /** Something is damaged; the file's verdict will say so. */
  problem(position: number, message: string): void {
    this.#problems.push(`byte ${position}: ${message}`)
    if (this.#quiet || this.#json) return
    this.#sink.line(`  DAMAGED at byte ${position}: ${message}`)
  }

  end({ file, bytes, counts }: Verdict): void {
    const problems = this.#problems
    if (problems.length > 0) this.#damagedFiles++
    const isSound = problems.length === 0
    if (this.#json) {
      this.#sink.line(JSON.stringify({ type: 'file', file, bytes, ...counts, isSound, problems }))
      return
    }
    const parts = Object.entries(counts).map(([name, count]) => `${formatCount(count)} ${name}`)
    const verdict = isSound ? 'sound' : `DAMAGED: ${problems.slice(0, 3).join('; ')}${problems.length > 3 ? '; …' : ''}`
    this.#sink.line(`${file}: ${[formatBytes(bytes), ...parts].join(', ')}: ${verdict}`)
  }

  drained(): Promise<void> {
    return this.#sink.drained()
  }
}

/** Anything but a plain word is quoted, so that a value can neither look like another fact nor steer a terminal. */
function show(value: Fact): string {
  if (typeof value === 'string') return /^[\w.:+-]+$/.test(value) ? value : printable(JSON.stringify(value))
  return typeof value === 'object' && value !== null ? printable(JSON.stringify(value)) : String(value)
}
