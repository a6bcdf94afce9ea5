import type { CheckedFile, Finding, PartitionFacts } from '@streambus/storage-log'
import { formatBytes, formatCount, printable } from '../output/format.ts'
import type { Sink } from '../sink.ts'

/** More findings of one file than this are counted, but not kept and printed. */
const FINDINGS_MAX = 100

interface FileFindings {
  readonly kept: Finding[]
  damage: number
  warnings: number
  total: number
}

export interface VerifyOutputOptions {
  readonly json: boolean
  /** Only what is not sound, and the summary. */
  readonly quiet: boolean
  /** Null: everything. Else only findings and verdicts of this file. */
  onlyPath: string | null
}

/** Collects what the checks report, and prints a line a finding, a verdict a file and a partition, and a summary. */
export class VerifyOutput {
  readonly #sink: Sink
  readonly #options: VerifyOutputOptions
  readonly #findings = new Map<string, FileFindings>()
  readonly #totals = { partitions: 0, files: 0, bytes: 0, damaged: 0, unreadable: 0, warnings: 0 }
  #partitionDamage = 0
  batches = 0
  records = 0

  constructor(sink: Sink, options: VerifyOutputOptions) {
    this.#sink = sink
    this.#options = options
  }

  get hasDamage(): boolean {
    return this.#totals.damaged > 0
  }

  get hasUnreadable(): boolean {
    return this.#totals.unreadable > 0
  }

  set onlyPath(path: string | null) {
    this.#options.onlyPath = path
  }

  finding(finding: Finding): void {
    const { onlyPath } = this.#options
    if (onlyPath !== null && finding.path !== onlyPath) return
    const found = this.#findings.get(finding.path) ?? { kept: [], damage: 0, warnings: 0, total: 0 }
    this.#findings.set(finding.path, found)
    found.total++
    if (finding.severity === 'warning') found.warnings++
    if (finding.code === 'unreadable' && finding.severity === 'damage') this.#totals.unreadable++
    else if (finding.severity === 'damage') found.damage++
    // What matters stays when there is too much.
    if (found.kept.length < FINDINGS_MAX) found.kept.push(finding)
    else if (finding.severity === 'damage') {
      const lesser = found.kept.findIndex(each => each.severity !== 'damage')
      if (lesser >= 0) found.kept[lesser] = finding
    }
  }

  file(file: CheckedFile): void {
    if (this.#options.onlyPath !== null && file.path !== this.#options.onlyPath) return
    this.#totals.files++
    this.#totals.bytes += file.bytes
    this.records += file.counts['records'] ?? 0
    this.#print(file, this.#take(file.path))
  }

  partition(facts: PartitionFacts): void {
    this.#flush()
    this.#totals.partitions++
    const isSound = this.#partitionDamage === 0
    const damagedFiles = this.#partitionDamage
    this.#partitionDamage = 0
    if (this.#options.json) return this.#line(JSON.stringify({ type: 'partition', ...facts, isSound, damagedFiles }))
    if (this.#options.quiet && isSound) return
    const { directory, logStartOffset, logEndOffset, segments, batches, records, bytes } = facts
    const counts = `${formatCount(segments)} segments, ${formatCount(batches)} batches, ${formatCount(records)} records`
    const verdict = isSound ? 'sound' : `DAMAGED in ${damagedFiles} ${damagedFiles === 1 ? 'file' : 'files'}`
    const offsets = `offsets ${logStartOffset} … ${logEndOffset}`
    this.#line(`${printable(directory)}: ${offsets}, ${counts}, ${formatBytes(bytes)}: ${verdict}\n`)
  }

  /** Findings about what is no file that was read, such as leftovers. */
  #flush(): void {
    for (const path of this.#findings.keys()) {
      this.#print({ path, kind: 'other', bytes: -1, counts: {} }, this.#take(path))
    }
  }

  summary(): void {
    this.#flush()
    const { partitions, files, bytes, damaged, unreadable, warnings } = this.#totals
    const isSound = damaged === 0 && unreadable === 0
    if (this.#options.json) return this.#line(JSON.stringify({ type: 'summary', ...this.#totals, isSound }))
    const verdict = [
      ...(damaged > 0 ? [`${formatCount(damaged)} DAMAGED`] : []),
      ...(unreadable > 0 ? [`${formatCount(unreadable)} UNREADABLE`] : []),
      ...(isSound ? ['sound'] : []),
      ...(warnings > 0 ? [`${formatCount(warnings)} with warnings`] : [])
    ]
    this.#line(
      `${formatCount(partitions)} partitions, ${formatCount(files)} files, ${formatBytes(bytes)}: ${verdict.join(', ')}`
    )
  }

  #take(path: string): FileFindings | null {
    const found = this.#findings.get(path) ?? null
    this.#findings.delete(path)
    return found
  }

  #print(file: CheckedFile, found: FileFindings | null): void {
    const isSound = found === null || found.damage === 0
    if (!isSound) this.#totals.damaged++
    if (!isSound) this.#partitionDamage++
    if (found !== null && found.warnings > 0) this.#totals.warnings++
    const findings = found?.kept ?? []
    const omitted = (found?.total ?? 0) - findings.length
    if (this.#options.json) {
      const shown = findings.map(({ severity, code, position, message }) => ({ severity, code, position, message }))
      const { path, kind, bytes, counts } = file
      return this.#line(
        JSON.stringify({ type: 'file', file: path, kind, bytes, ...counts, isSound, findings: shown, omitted })
      )
    }
    this.#printText(file, { findings, omitted, isSound })
  }

  #printText(file: CheckedFile, found: { findings: readonly Finding[]; omitted: number; isSound: boolean }): void {
    const shown = found.findings.filter(each => !this.#options.quiet || each.severity !== 'info')
    for (const { severity, path, position, message } of shown) {
      const where = position < 0 ? '' : ` at byte ${position}`
      const word = severity === 'damage' ? 'DAMAGED' : severity
      this.#line(`  ${word}: ${printable(path)}${where}: ${printable(message)}`)
    }
    if (found.omitted > 0) this.#line(`  … and ${formatCount(found.omitted)} more findings of this file`)
    if (file.bytes < 0 || (this.#options.quiet && found.isSound)) return
    const counts = Object.entries(file.counts).map(([name, count]) => `${formatCount(count)} ${name}`)
    const verdict = found.isSound ? 'sound' : 'DAMAGED'
    this.#line(`${printable(file.path)}: ${[formatBytes(file.bytes), ...counts].join(', ')}: ${verdict}`)
  }

  #line(text: string): void {
    this.#sink.line(text)
  }
}
