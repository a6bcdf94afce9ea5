import { describe, expect, test } from 'vitest'
import { earlyAcknowledgements, syncsAfterFailure } from './coverage.ts'
import { type FileCall, parseCall } from './strace.ts'

const FILE = '/data/t-0/00.log'
const LINES = {
  pwrite: `1000.010000 pwrite64(21<${FILE}>, ""..., 100, 0) = 100 <0.001000>`,
  pwritev: `1000.020000 pwritev(21<${FILE}>, [{iov_base=""..., iov_len=30}, {iov_base=""..., iov_len=20}], 2, 100) = 50 <0.001000>`,
  sync: `1000.015000 fdatasync(21<${FILE}>) = 0 <0.010000>`,
  delayed: `1000.030000 fdatasync(21<${FILE}>) = 0 (DELAYED) <0.005000>`,
  failed: `1000.040000 fdatasync(21<${FILE}>) = -1 EIO (Input/output error) (INJECTED) <0.000100>`,
  unfinished: `1000.050000 fdatasync(21<${FILE}>) = ?`
}

function calls(...names: (keyof typeof LINES)[]): FileCall[] {
  return names.map(name => parseCall(LINES[name], 40) as FileCall)
}

describe('what strace says', () => {
  test('a write, a delayed sync, a failed one, one that the death of the process cut off', () => {
    const [write, delayed, failed] = calls('pwritev', 'delayed', 'failed')
    expect(write).toMatchObject({ name: 'pwritev', file: FILE, position: 100, result: 50, isInjected: false })
    expect(delayed).toMatchObject({ name: 'fdatasync', result: 0, isInjected: true })
    expect(delayed?.endedMs).toBeCloseTo(1_000_075)
    expect(failed).toMatchObject({ result: -1, isInjected: true })
    expect(parseCall(LINES.unfinished, 0)).toBeNull()
  })
})

describe('acknowledgements', () => {
  const acknowledged = (endPosition: number, atMs: number) => [{ file: FILE, endPosition, atMs, what: 'a batch' }]
  const all = calls('pwrite', 'sync', 'pwritev', 'delayed', 'failed')

  test.each([
    ['right after its sync', 100, 1_000_025, []],
    ['before its sync ended', 100, 1_000_020, ['a batch: acknowledged, 5.0 ms before its sync ended']],
    ['after a sync that had begun before it was written', 150, 1_000_026, [expect.stringContaining('before its sync')]],
    ['after the delay', 150, 1_000_075, []],
    ['within the delay', 150, 1_000_050, ['a batch: acknowledged, 25.0 ms before its sync ended']],
    ['never synced', 151, 1_000_100, ['a batch: acknowledged, no sync ever covered it']]
  ])('%s', (_, endPosition, atMs, found) => {
    expect(earlyAcknowledgements(all, acknowledged(endPosition, atMs))).toEqual(found)
  })

  test('a failed sync covers nothing', () => {
    const found = earlyAcknowledgements(calls('pwrite', 'failed'), acknowledged(100, 1_000_100))
    expect(found).toEqual(['a batch: acknowledged, no sync ever covered it'])
  })
})

test('a sync of a file whose last one failed is told', () => {
  expect(syncsAfterFailure(calls('pwrite', 'sync', 'failed'))).toEqual([])
  const again = { ...(calls('delayed')[0] as FileCall), beganMs: 1_000_060 }
  expect(syncsAfterFailure([...calls('failed'), again])).toHaveLength(1)
})
