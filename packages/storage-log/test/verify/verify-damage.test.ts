import { crc32c, type Disk, readWhole } from '@streambus/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitChecksumLine } from '../../src/directory/checksum-line.ts'
import { logFileName, withChecksumLine } from '../../src/index.ts'
import { append, DIRECTORY, openLog, SMALL } from '../helpers.ts'
import { contents, damage, fill, names, overwrite, storedLog, verify } from './fixtures.ts'

const LAST_ENTRY_BYTES = 46

function flipBit(disk: Disk, path: string, share: number): { byte: number } {
  const bytes = readWhole(disk, path)
  const bit = Math.floor(share * bytes.length * 8)
  const byte = bit >> 3
  bytes[byte] = (bytes[byte] as number) ^ (1 << (bit & 7))
  overwrite(disk, path, bytes)
  return { byte }
}

function pathsOf(disk: Disk, ending: string): string[] {
  const inPartition = names(disk, ending).map(name => `${DIRECTORY}/${name}`)
  const beside = disk.list('/data').filter(entry => !entry.isDirectory && entry.name.endsWith(ending))
  return [...inPartition, ...beside.map(entry => `/data/${entry.name}`)].filter(
    path => readWhole(disk, path).length > 0
  )
}

/** Whether a look-up by this index file still begins at or before the batch that is looked for. */
function isIndexHarmless(disk: Disk, path: string): boolean {
  const base = Number.parseInt(path.slice(DIRECTORY.length + 1), 10)
  const log = contents(disk, logFileName(base, 'log'))
  const index = readWhole(disk, path)
  for (let at = 0; at < index.length; at += 8) {
    const offset = base + index.readInt32BE(at)
    const position = index.readInt32BE(at + 4)
    let begins = false
    for (let batch = 0; batch < log.length; batch += log.readInt32BE(batch + 8) + 12) {
      const baseOffset = Number(log.readBigInt64BE(batch))
      if (batch < position && baseOffset + log.readInt32BE(batch + 23) >= offset) return false
      if (batch === position) begins = baseOffset <= offset
    }
    if (!begins) return false
  }
  return true
}

describe('one flipped bit', () => {
  it.each(['.log', '.txnindex', '.snapshot', 'leader-epoch-checkpoint', '-offset-checkpoint', 'cleanshutdown'])(
    'is found wherever it is in %s',
    async ending => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 0.999999, noNaN: true }), async (which, share) => {
          const { disk } = storedLog('clean')
          const paths = pathsOf(disk, ending)
          const path = paths[which % paths.length] as string
          flipBit(disk, path, share)
          const { findings } = await verify(disk, { noGaps: true })
          expect(findings.length).toBeGreaterThan(0)
          if (ending === '.log') expect(findings.some(each => each.severity === 'damage')).toBe(true)
        }),
        { numRuns: 60 }
      )
    }
  )

  it('is found in a time index', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 0.999999, noNaN: true }), async (which, share) => {
        const { disk } = storedLog('clean')
        const paths = pathsOf(disk, '.timeindex')
        flipBit(disk, paths[which % paths.length] as string, share)
        expect(damage(await verify(disk))).not.toEqual([])
      }),
      { numRuns: 60 }
    )
  })

  it('is found in an offset index, or leads to no other batch', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 0.999999, noNaN: true }), async (which, share) => {
        const { disk } = storedLog('clean')
        const paths = pathsOf(disk, '.index')
        const path = paths[which % paths.length] as string
        flipBit(disk, path, share)
        if (damage(await verify(disk)).length === 0) expect(isIndexHarmless(disk, path)).toBe(true)
      }),
      { numRuns: 60 }
    )
  })

  it('below the recovery point is damage also after a stop that was not clean', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 0.999999, noNaN: true }), async (which, share) => {
        const { disk } = storedLog('clean')
        disk.unlink('/data/.kafka_cleanshutdown')
        const paths = pathsOf(disk, '.log')
        flipBit(disk, paths[which % paths.length] as string, share)
        const { findings } = await verify(disk, { noGaps: true })
        expect(findings.some(each => each.severity === 'damage' || each.code === 'bad-epochs')).toBe(true)
      }),
      { numRuns: 60 }
    )
  })
})

type Change = (disk: Disk) => void

const sealed = (text: string): Buffer => Buffer.from(withChecksumLine(text))
const rowsOf = (bytes: Buffer): string => splitChecksumLine(bytes).text

function change(name: string, edit: (bytes: Buffer) => Buffer): Change {
  return disk => overwrite(disk, `${DIRECTORY}/${name}`, edit(contents(disk, name)))
}

function nth(disk: Disk, kind: string, index: number): string {
  return names(disk, `.${kind}`).at(index) as string
}

/** An edit of the first, second … file of a kind. */
function edit(kind: string, index: number, run: (bytes: Buffer) => Buffer): Change {
  return disk => change(nth(disk, kind, index), run)(disk)
}

function swap(kind: string): Change {
  return disk => {
    const [first, second] = names(disk, `.${kind}`).filter(name => contents(disk, name).length > 0) as [string, string]
    const bytes = contents(disk, first)
    overwrite(disk, `${DIRECTORY}/${first}`, contents(disk, second))
    overwrite(disk, `${DIRECTORY}/${second}`, bytes)
  }
}

/** The checksum is right again: only the contents can give it away. */
function lieInSnapshot(field: number): Change {
  return edit('snapshot', -1, bytes => {
    // The last entry: of several for one producer only the last one is the producer's state.
    const at = bytes.length - LAST_ENTRY_BYTES + field
    bytes.writeInt8((bytes.readInt8(at) + 1) % 100, at)
    bytes.writeUInt32BE(crc32c(bytes.subarray(6)), 2)
    return bytes
  })
}

function batchAt(bytes: Buffer, count: number): number {
  let at = 0
  for (let i = 0; i < count; i++) at += bytes.readInt32BE(at + 8) + 12
  return at
}

/** Changes what the CRC covers, and makes it right: whoever wrote the batch wrote it wrong. */
function rewriteBatch(at: number, write: (batch: Buffer) => void): Change {
  return edit('log', 0, bytes => {
    const from = batchAt(bytes, at)
    const batch = bytes.subarray(from, from + bytes.readInt32BE(from + 8) + 12)
    write(batch)
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
    return bytes
  })
}

const cases: readonly (readonly [string, Change, string])[] = [
  ['a segment cut inside a batch', edit('log', 0, bytes => bytes.subarray(0, bytes.length - 10)), 'bad-batch'],
  ['a segment cut between two batches', edit('log', 1, bytes => bytes.subarray(0, batchAt(bytes, 2))), 'bad-index'],
  [
    'the last segment cut between two batches',
    edit('log', -1, bytes => bytes.subarray(0, batchAt(bytes, 1))),
    'lost-records'
  ],
  ['a segment that is gone', disk => disk.unlink(`${DIRECTORY}/${nth(disk, 'log', 1)}`), 'offset-gap'],
  ['two segments swapped', swap('log'), 'offset-order'],
  [
    'a stale chunk: the batch before once more',
    edit('log', 0, bytes => Buffer.concat([bytes.subarray(0, batchAt(bytes, 1)), bytes])),
    'offset-order'
  ],
  ['a hole of zeros', edit('log', 0, bytes => bytes.fill(0, batchAt(bytes, 2), batchAt(bytes, 4))), 'bad-batch'],
  ['zeros at the end of an older segment', edit('log', 0, bytes => bytes.fill(0, batchAt(bytes, 5))), 'zero-tail'],
  ['a header that promises more records', rewriteBatch(1, batch => batch.writeInt32BE(9, 57)), 'bad-header'],
  ['records that promise more bytes', rewriteBatch(1, batch => void (batch[61] = 0x7e)), 'bad-records'],
  ['a timestamp above the maximum', rewriteBatch(1, batch => batch.writeBigInt64BE(5n, 35)), 'bad-records'],
  ['a codec that does not exist', rewriteBatch(1, batch => batch.writeInt16BE(7, 21)), 'bad-header'],
  ['records of another codec', rewriteBatch(1, batch => batch.writeInt16BE(3, 21)), 'bad-records'],
  [
    'a leader epoch that falls',
    edit('log', 0, bytes => (bytes.writeInt32BE(2, batchAt(bytes, 3) + 12), bytes)),
    'epoch-order'
  ],
  ['two offset indexes swapped', swap('index'), 'bad-index'],
  ['two time indexes swapped', swap('timeindex'), 'bad-index'],
  ['two transaction indexes swapped', swap('txnindex'), 'bad-index'],
  ['an index that is cut', edit('index', 0, bytes => bytes.subarray(0, bytes.length - 3)), 'bad-index'],
  ['a time index that is cut', edit('timeindex', 0, bytes => bytes.subarray(0, bytes.length - 3)), 'bad-index'],
  ['a transaction index that is cut', edit('txnindex', 0, bytes => bytes.subarray(0, bytes.length - 3)), 'bad-index'],
  [
    'aborted transactions that are missing, as Apache Kafka would write the file',
    disk => {
      const name = names(disk, '.txnindex').find(each => contents(disk, each).length > 32) as string
      overwrite(disk, `${DIRECTORY}/${name}`, Buffer.alloc(0))
    },
    'bad-index'
  ],
  [
    'a snapshot that is cut',
    edit('snapshot', -1, bytes => bytes.subarray(0, bytes.length - LAST_ENTRY_BYTES)),
    'bad-snapshot'
  ],
  ['a snapshot with another sequence', lieInSnapshot(13), 'bad-snapshot'],
  ['a snapshot with another producer', lieInSnapshot(7), 'bad-snapshot'],
  ['a snapshot of another offset', swap('snapshot'), 'bad-snapshot'],
  [
    'a snapshot above the log',
    disk => disk.rename(`${DIRECTORY}/${nth(disk, 'snapshot', 0)}`, `${DIRECTORY}/${logFileName(5000, 'snapshot')}`),
    'bad-snapshot'
  ],
  ['an epoch that no batch has', change('leader-epoch-checkpoint', () => sealed('0\n1\n4 0\n')), 'bad-epochs'],
  [
    'an epoch beyond the end',
    change('leader-epoch-checkpoint', bytes => sealed(`${rowsOf(bytes).replace('0\n2', '0\n3')}8 9000\n`)),
    'bad-epochs'
  ],
  [
    'rows that are missing',
    change('leader-epoch-checkpoint', bytes => sealed(rowsOf(bytes).replace('0\n2', '0\n4'))),
    'bad-epochs'
  ],
  [
    'a checkpoint of nonsense',
    disk => overwrite(disk, '/data/recovery-point-offset-checkpoint', sealed('0\n1\norders zero 5\n')),
    'bad-checkpoint'
  ],
  ['a marker of nonsense', disk => overwrite(disk, '/data/.kafka_cleanshutdown', Buffer.from('{')), 'bad-checkpoint'],
  [
    'a checkpoint without its checksum',
    disk => overwrite(disk, '/data/recovery-point-offset-checkpoint', Buffer.from('0\n1\norders 0 5\n')),
    'bad-checkpoint'
  ],
  [
    'a log start of nonsense',
    disk => overwrite(disk, `${DIRECTORY}/log-start-offset`, sealed('0\n1\n-\n')),
    'bad-checkpoint'
  ],
  [
    'a log start beyond the end',
    disk => overwrite(disk, `${DIRECTORY}/log-start-offset`, sealed('0\n1\n9000\n')),
    'lost-records'
  ],
  [
    'a quarantined segment',
    disk => overwrite(disk, `${DIRECTORY}/${logFileName(3, 'log')}.corrupt`, Buffer.from('x')),
    'quarantined'
  ]
]

describe('damage is called by its name', () => {
  it.each(cases)('%s', async (_, run, code) => {
    const { disk } = storedLog('clean')
    run(disk)
    const verified = await verify(disk, { noGaps: code === 'offset-gap' })
    expect(damage(verified).map(each => each.code)).toContain(code)
  })

  it('says the byte, and goes on behind it', async () => {
    const { disk } = storedLog('clean')
    const name = nth(disk, 'log', 0)
    const at = batchAt(contents(disk, name), 2)
    change(name, bytes => {
      bytes.fill(0xff, at, at + 40)
      return bytes
    })(disk)
    const before = (await verify(storedLog('clean').disk)).partitions[0]?.batches ?? 0
    const verified = await verify(disk)
    expect(damage(verified).find(each => each.code === 'bad-batch')).toMatchObject({
      path: `${DIRECTORY}/${name}`,
      position: at + 16,
      message: expect.stringContaining('the next whole batch begins at byte')
    })
    expect(verified.partitions[0]?.batches).toBe(before - 1)
  })

  it('does not take a failing read for a sound file', async () => {
    const { disk } = storedLog('clean')
    disk.failNext('read', { code: 'EIO', path: nth(disk, 'log', 1) })
    expect(damage(await verify(disk)).map(each => each.code)).toContain('unreadable')
  })
})

describe('the end of a log', () => {
  /** Nothing is known to be durable but the first segments. */
  const torn = (editTail: (bytes: Buffer) => Buffer, recoveryPoint = 0) => {
    const { disk, logEndOffset } = storedLog('crash')
    const text = `0\n1\norders 0 ${recoveryPoint}\n`
    overwrite(disk, '/data/recovery-point-offset-checkpoint', sealed(text))
    edit('log', -1, editTail)(disk)
    return { disk, logEndOffset }
  }
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)

  it('torn after a stop that was not clean is a warning, as the recovery will cut it', async () => {
    const { disk } = torn(cut)
    const { findings } = await verify(disk)
    expect(findings.filter(each => each.severity !== 'info').map(each => [each.severity, each.code])).toEqual([
      ['warning', 'torn-tail']
    ])
  })

  it('a file that never was a log is damage, and no start cuts it; a first batch that is torn is a warning', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 37 + 11) % 251))
    const { disk } = storedLog('crash', { write: () => {} })
    overwrite(disk, `${DIRECTORY}/${nth(disk, 'log', 0)}`, bytes)
    expect(damage(await verify(disk)).map(each => each.code)).toEqual(['bad-batch'])
    expect(() => openLog(disk)).toThrow(/does not even begin like one/)
    for (const length of [20, 40, 90]) {
      const { disk: first } = storedLog('crash', { write: log => void append(log, { valueBytes: 300 }) })
      edit('log', 0, whole => whole.subarray(0, length))(first)
      const { findings } = await verify(first)
      expect(findings.map(each => [each.severity, each.code])).toContainEqual(['warning', 'torn-tail'])
    }
  })

  it('torn below the recovery point is damage', async () => {
    const { disk, logEndOffset } = storedLog('crash')
    const text = `0\n1\norders 0 ${logEndOffset}\n`
    overwrite(disk, '/data/recovery-point-offset-checkpoint', sealed(text))
    edit('log', -1, cut)(disk)
    expect(damage(await verify(disk)).map(each => each.code)).toContain('bad-batch')
  })

  it('rotten with whole batches behind is damage; with a lost sector it is a warning', async () => {
    const rotten = torn(bytes => ((bytes[70] = (bytes[70] as number) ^ 1), bytes))
    expect(damage(await verify(rotten.disk)).map(each => each.code)).toContain('bad-crc')
    const write = (log: Parameters<typeof fill>[0]) => fill(log)
    const { disk } = storedLog('crash', {
      write,
      config: { ...SMALL, segmentBytes: 1 << 20 }
    })
    edit('log', -1, bytes => bytes.fill(0, 512, 1024))(disk)
    const { findings } = await verify(disk)
    expect(findings.filter(each => each.severity === 'damage')).toEqual([])
    expect(findings.map(each => each.code)).toContain('lost-sectors')
  })

  it('may be on its way while somebody writes', async () => {
    const { disk } = torn(cut)
    const { findings } = await verify(disk, { isLive: true })
    expect(findings.filter(each => each.severity !== 'info')).toEqual([])
  })
})

describe('files that are left over', () => {
  it.each([
    '00000000000000000003.log.deleted',
    '00000000000000000000.log.cleaned',
    '00000000000000000000.swap',
    '00000000000000000000.log.400.torn',
    'leader-epoch-checkpoint.tmp',
    'notes.txt',
    '00000000000000000999.index'
  ])('%s is named, and is no damage', async name => {
    const { disk } = storedLog('clean')
    overwrite(disk, `${DIRECTORY}/${name}`, Buffer.from('x'))
    const { findings } = await verify(disk)
    expect(findings).toMatchObject([{ severity: 'info', path: `${DIRECTORY}/${name}` }])
  })
})

describe('gaps', () => {
  it('are information where the log was compacted, and damage where not, or on demand', async () => {
    const thinned = (cleaned: string | null, isUnsealed = false) => {
      const { disk } = storedLog('clean')
      if (cleaned !== null) overwrite(disk, '/data/cleaner-offset-checkpoint', sealed(cleaned))
      for (const kind of ['log', 'index', 'timeindex', 'txnindex']) disk.unlink(`${DIRECTORY}/${nth(disk, kind, 1)}`)
      if (isUnsealed) disk.unlink(`${DIRECTORY}/${nth(disk, 'txnindex', 0)}`)
      return disk
    }
    const severities = async (disk: Disk, noGaps = false) =>
      new Set(
        (await verify(disk, { noGaps })).findings.filter(each => each.code === 'offset-gap').map(each => each.severity)
      )
    expect(await severities(thinned('0\n1\norders 0 100\n', true))).toEqual(new Set(['info']))
    // The seal of the segment before says where the next one began.
    expect(await severities(thinned('0\n1\norders 0 100\n'))).toEqual(new Set(['damage']))
    expect(await severities(thinned('0\n0\n'))).toEqual(new Set(['damage']))
    expect(await severities(thinned(null))).toEqual(new Set(['damage']))
    expect(await severities(thinned(null), true)).toEqual(new Set(['damage']))
  })
})
