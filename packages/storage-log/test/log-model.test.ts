import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemoryDisk } from '../../testkit/src/memory-disk.ts'
import { AppendRefused, type Log } from '../src/index.ts'
import { makeBatch } from './batches.ts'
import { append, newDisk, openLog, readAll, repeat, settle } from './helpers.ts'

interface Entry {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly bytes: Buffer
  readonly producerId: number
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly lastSequence: number
}

/** What the log should hold: a list of batches, nothing clever. */
interface Model {
  entries: Entry[]
  start: number
  end: number
  epoch: number
  /** Log end at the last moment when everything was durable. */
  durable: number
}

interface Real {
  disk: MemoryDisk
  log: Log
}

type LogCommand = fc.AsyncCommand<Model, Real>

abstract class Command implements LogCommand {
  check(_model: Readonly<Model>): boolean {
    return true
  }
  abstract run(model: Model, real: Real): Promise<void>
  abstract toString(): string
}

function same(model: Model, real: Real): void {
  const { log } = real
  expect([log.logStartOffset, log.logEndOffset]).toEqual([model.start, model.end])
  const visible = model.entries.filter(entry => entry.lastOffset >= model.start)
  expect(readAll(log).equals(Buffer.concat(visible.map(entry => entry.bytes)))).toBe(true)
  expect(log.durableEndOffset).toBeLessThanOrEqual(log.logEndOffset)
  expect(log.durableEndOffset).toBeGreaterThanOrEqual(Math.min(model.durable, model.end))
}

class AppendPlain extends Command {
  readonly records: number
  readonly valueBytes: number
  constructor(records: number, valueBytes: number) {
    super()
    this.records = records
    this.valueBytes = valueBytes
  }
  async run(model: Model, real: Real): Promise<void> {
    const { bytes, summary } = makeBatch({
      timestamps: repeat(model.end, this.records),
      valueBytes: this.valueBytes
    })
    const result = real.log.append(bytes, 0, bytes.length, summary, { leaderEpoch: model.epoch, origin: 'client' })
    const { baseOffset, lastOffset } = result
    expect(result).toMatchObject({ kind: 'appended', baseOffset: model.end, logAppendTimeMs: -1 })
    model.entries.push({ baseOffset, lastOffset, epoch: model.epoch, bytes, ...NO_PRODUCER })
    model.end = lastOffset + 1
    same(model, real)
  }
  toString(): string {
    return `append(${this.records} × ${this.valueBytes} B)`
  }
}

const NO_PRODUCER = { producerId: -1, producerEpoch: -1, firstSequence: -1, lastSequence: -1 }

class AppendIdempotent extends Command {
  readonly producerId: number
  readonly step: number
  readonly records: number
  constructor(producerId: number, step: number, records: number) {
    super()
    this.producerId = producerId
    this.step = step
    this.records = records
  }
  async run(model: Model, real: Real): Promise<void> {
    const mine = model.entries.filter(entry => entry.producerId === this.producerId)
    // What a producer may do after its records were deleted depends on whether a snapshot remembers them.
    if (mine.slice(-5).some(entry => entry.baseOffset < model.start)) return
    const last = mine.at(-1)
    const baseSequence = Math.max(0, (last?.lastSequence ?? -1) + 1 + this.step)
    const lastSequence = baseSequence + this.records - 1
    const { producerId, records } = this
    const spec = { timestamps: repeat(5, records), producerId, baseSequence }
    const repeated = mine
      .slice(-5)
      .find(entry => entry.firstSequence === baseSequence && entry.lastSequence === lastSequence)
    if (repeated !== undefined) {
      expect(append(real.log, spec)).toMatchObject({ kind: 'duplicate', baseOffset: repeated.baseOffset })
    } else if (last !== undefined && baseSequence !== last.lastSequence + 1) {
      expect(() => append(real.log, spec)).toThrow(AppendRefused)
    } else {
      const { bytes, summary } = makeBatch(spec)
      const { baseOffset, lastOffset, kind } = real.log.append(bytes, 0, bytes.length, summary, {
        leaderEpoch: model.epoch,
        origin: 'client'
      })
      expect([kind, baseOffset]).toEqual(['appended', model.end])
      const producer = { producerId, producerEpoch: 0, firstSequence: baseSequence, lastSequence }
      model.entries.push({ baseOffset, lastOffset, epoch: model.epoch, bytes, ...producer })
      model.end = lastOffset + 1
    }
    same(model, real)
  }
  toString(): string {
    return `idempotent(producer ${this.producerId}, ${this.step}, ${this.records})`
  }
}

class Sync extends Command {
  async run(model: Model, real: Real): Promise<void> {
    real.log.requestSync()
    await settle()
    model.durable = model.end
    expect(real.log.durableEndOffset).toBe(model.end)
  }
  toString(): string {
    return 'sync'
  }
}

class NewEpoch extends Command {
  async run(model: Model, real: Real): Promise<void> {
    model.epoch++
    real.log.assignEpoch(model.epoch)
    for (let epoch = 0; epoch < model.epoch; epoch++) {
      const later = model.entries.find(entry => entry.epoch > epoch)
      const { endOffset } = real.log.endOffsetForEpoch(epoch)
      const isBelowAll = endOffset === model.start
      if (!isBelowAll) expect(endOffset).toBe(later?.baseOffset ?? model.end)
    }
  }
  toString(): string {
    return 'epoch'
  }
}

class Truncate extends Command {
  readonly back: number
  constructor(back: number) {
    super()
    this.back = back
  }
  async run(model: Model, real: Real): Promise<void> {
    const offset = Math.max(model.start, model.end - this.back)
    real.log.truncateTo(offset)
    // A batch cannot be cut in two: the one that holds the offset goes as a whole.
    model.end = model.entries.find(entry => entry.lastOffset >= offset)?.baseOffset ?? model.end
    model.entries = model.entries.filter(entry => entry.lastOffset < offset)
    model.start = Math.min(model.start, model.end)
    model.durable = Math.min(model.durable, model.end)
    same(model, real)
  }
  toString(): string {
    return `truncate(−${this.back})`
  }
}

class DeleteRecords extends Command {
  readonly share: number
  constructor(share: number) {
    super()
    this.share = share
  }
  async run(model: Model, real: Real): Promise<void> {
    const offset = model.start + Math.floor((model.end - model.start) * this.share)
    real.log.deleteRecordsBefore(offset)
    model.start = offset
    real.log.applyRetention(0)
    same(model, real)
  }
  toString(): string {
    return `deleteRecords(${this.share})`
  }
}

class Restart extends Command {
  readonly isClean: boolean
  constructor(isClean: boolean) {
    super()
    this.isClean = isClean
  }
  async run(model: Model, real: Real): Promise<void> {
    const { recoveryPoint } = real.log
    if (this.isClean) real.log.closeClean()
    else real.disk.kill()
    real.log = openLog(real.disk, { cleanStart: this.isClean, recoveryPoint }).log
    model.durable = model.end
    same(model, real)
  }
  toString(): string {
    return this.isClean ? 'restart' : 'kill'
  }
}

class PowerCut extends Command {
  async run(model: Model, real: Real): Promise<void> {
    const { recoveryPoint } = real.log
    real.disk.crash()
    real.log = openLog(real.disk, { recoveryPoint }).log
    const { logEndOffset } = real.log
    expect(logEndOffset).toBeGreaterThanOrEqual(model.durable)
    model.entries = model.entries.filter(entry => entry.lastOffset < logEndOffset)
    model.end = logEndOffset
    model.durable = logEndOffset
    // What was deleted before the cut need not have been durable.
    const last = model.entries.at(-1)?.lastOffset ?? -1
    expect(logEndOffset === model.start || last === logEndOffset - 1).toBe(true)
    same(model, real)
  }
  toString(): string {
    return 'power cut'
  }
}

const commands = fc.commands(
  [
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(370)).map(([records, bytes]) => new AppendPlain(records, bytes)),
    fc
      .tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0, 0, 0, -1, -2, -3, -6, 1),
        fc.integer({ min: 1, max: 2 })
      )
      .map(([id, step, records]) => new AppendIdempotent(id, step, records)),
    fc.constant(new Sync()),
    fc.constant(new NewEpoch()),
    fc.nat(30).map(back => new Truncate(back)),
    fc.double({ min: 0, max: 1, noNaN: true }).map(share => new DeleteRecords(share)),
    fc.boolean().map(isClean => new Restart(isClean)),
    fc.constant(new PowerCut())
  ],
  { maxCommands: 80, size: '+1' }
)

test('a log behaves like a list of batches through appends, retries, truncation, deletion, restarts and power cuts', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async list => {
      const setup = () => {
        const disk = newDisk()
        return {
          model: { entries: [], start: 0, end: 0, epoch: 0, durable: 0 } as Model,
          real: { disk, log: openLog(disk).log }
        }
      }
      await fc.asyncModelRun(setup, list)
    }),
    { numRuns: 300 }
  )
}, 60_000)
