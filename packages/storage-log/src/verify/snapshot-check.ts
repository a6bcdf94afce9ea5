import { crc32c, type Disk, DiskError } from '@streambus/base'
import { logFileName } from '../file-names.ts'
import { decodeSnapshot } from '../producer/producer-snapshot.ts'
import { ProducerState } from '../producer/producer-state.ts'
import { type Say, sayAbout, type VerifyReport } from './finding.ts'
import type { ProducerReplay } from './producer-check.ts'
import { readLimited } from './small-file.ts'

const VERSION = 1
const HEADER_BYTES = 10
const CRC_START = 6
const ENTRY_BYTES = 46

/** What is wrong with a producer snapshot, and at which byte; null when it is whole. */
export function snapshotProblem(bytes: Buffer): { at: number; message: string } | null {
  if (bytes.length < HEADER_BYTES)
    return { at: bytes.length, message: `${bytes.length} bytes are too few for a header` }
  const version = bytes.readInt16BE(0)
  if (version !== VERSION) return { at: 0, message: `version is ${version}, only ${VERSION} can be read` }
  const count = bytes.readInt32BE(CRC_START)
  const expected = HEADER_BYTES + count * ENTRY_BYTES
  if (bytes.length !== expected) {
    return {
      at: Math.min(expected, bytes.length),
      message: `${count} entries take ${expected} bytes, there are ${bytes.length}`
    }
  }
  const crc = crc32c(bytes.subarray(CRC_START))
  const stored = bytes.readUInt32BE(2)
  return crc === stored ? null : { at: 2, message: `CRC is ${stored}, of the bytes it is ${crc}` }
}

/** The producer snapshots of one partition: each is whole, and says what a replay of the batches below it says. */
export class SnapshotsCheck {
  readonly #disk: Disk
  readonly #directory: string
  readonly #report: VerifyReport
  /** Ascending. */
  readonly #offsets: readonly number[]
  #next = 0

  constructor(options: { disk: Disk; directory: string; report: VerifyReport; offsets: readonly number[] }) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.#report = options.report
    this.#offsets = options.offsets
  }

  /** All batches that end at or below `offset` were replayed; the next one begins there or above. */
  reach(offset: number, replay: ProducerReplay | null): void {
    for (; this.#next < this.#offsets.length; this.#next++) {
      const at = this.#offsets[this.#next] as number
      if (at > offset) return
      this.#check(at, replay)
    }
  }

  /** The log ends at `endOffset`: what describes more than there is was taken of records that are gone. */
  end(endOffset: number, isClean: boolean): void {
    for (; this.#next < this.#offsets.length; this.#next++) {
      const at = this.#offsets[this.#next] as number
      const severity = isClean ? 'damage' : 'warning'
      const say = this.#check(at, null)
      say(severity, 'bad-snapshot', -1, `it was taken at offset ${at}, the log ends at ${endOffset}`)
    }
  }

  #check(at: number, replay: ProducerReplay | null): Say {
    const path = `${this.#directory}/${logFileName(at, 'snapshot')}`
    const say = sayAbout(this.#report, path)
    const bytes = this.#read(path, say)
    if (bytes === null) return say
    const problem = snapshotProblem(bytes)
    if (problem !== null) say('damage', 'bad-snapshot', problem.at, problem.message)
    else if (replay !== null) this.#compare(bytes, at, replay, say)
    const producers = Math.max(0, Math.floor((bytes.length - HEADER_BYTES) / ENTRY_BYTES))
    this.#report.file({ path, kind: 'snapshot', bytes: bytes.length, counts: { producers } })
    return say
  }

  // oxlint-disable-next-line max-params -- one call, in the method above
  #compare(bytes: Buffer, at: number, replay: ProducerReplay, say: Say): void {
    const state = new ProducerState()
    decodeSnapshot(bytes, state, { nowMs: 0, expirationMs: 0 })
    if (replay.isExact) return replay.compare(state, say)
    say('info', 'unchecked-snapshot', -1, 'not compared: not all batches below it are here')
    replay.adopt(state, at)
  }

  #read(path: string, say: Say): Buffer | null {
    try {
      return readLimited(this.#disk, path, say)
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== 'ENOENT') throw error
      say('info', 'unreadable', -1, 'it was deleted meanwhile')
      return null
    }
  }
}
