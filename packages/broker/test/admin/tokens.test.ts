import { replaceWhole } from '@streambus/base'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tokens } from '../../src/admin/tokens.ts'
import { describeBroker } from '../../src/config/describe.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ADMIN_TOKEN } from '../../src/config/settings/admin.ts'

const LISTED = 'listed-token-0123'
const FILED = 'token-in-a-file-1'
const PATH = '/secrets/tokens'

function setup(options: { readonly listed?: readonly string[]; readonly file?: string | null } = {}) {
  const disk = new MemoryDisk()
  disk.makeDirectory('/secrets')
  const clock = new ManualClock()
  const problems: string[] = []
  const write = (text: string): void => replaceWhole(disk, PATH, Buffer.from(text))
  if (typeof options.file === 'string') write(options.file)
  const filePath = options.file === undefined ? null : PATH
  const onProblem = (problem: string): void => void problems.push(problem)
  const { listed = [] } = options
  const tokens = new Tokens({ listed, filePath, format: ADMIN_TOKEN, disk, clock, onProblem })
  return { tokens, disk, clock, problems, write }
}

test('accepts the tokens that are listed and those of the file, and no other', () => {
  const { tokens } = setup({ listed: [LISTED], file: `# for the on-call\n\n  ${FILED}  \r\n` })
  expect(tokens.isConfigured).toBe(true)
  expect(tokens.problem()).toBe(null)
  expect(tokens.accepts(`Bearer ${LISTED}`)).toBe(true)
  expect(tokens.accepts(`bearer ${FILED}`)).toBe(true)
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    LISTED,
    `Basic ${LISTED}`,
    `Bearer ${LISTED}x`,
    '# for the on-call'
  ]
  for (const header of wrong) expect(tokens.accepts(header), header).toBe(false)
})

test('accepts nothing when there are none, also not nothing', () => {
  const { tokens } = setup()
  expect(tokens.isConfigured).toBe(false)
  for (const header of [undefined, '', 'Bearer ', 'Bearer undefined']) expect(tokens.accepts(header)).toBe(false)
})

test('is a set: whoever is in it is accepted, whoever is not is refused', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,40}={0,2}$/)
  fc.assert(
    fc.property(fc.uniqueArray(token, { maxLength: 5 }), token, (listed, other) => {
      const { tokens } = setup({ listed })
      for (const each of listed) expect(tokens.accepts(`Bearer ${each}`)).toBe(true)
      expect(tokens.accepts(`Bearer ${other}`)).toBe(listed.includes(other))
    })
  )
})

test('follows its file within 5 s, without reading it for every request', () => {
  const { tokens, disk, clock, write } = setup({ file: FILED })
  expect(tokens.accepts(`Bearer ${FILED}`)).toBe(true)
  write(`another-${FILED}`)
  const reads = disk.counts.read
  expect(tokens.accepts(`Bearer ${FILED}`)).toBe(true)
  expect(disk.counts.read).toBe(reads)
  clock.advance(5_000)
  expect(tokens.accepts(`Bearer ${FILED}`)).toBe(false)
  expect(tokens.accepts(`Bearer another-${FILED}`)).toBe(true)
})

test('says what is wrong with its file without showing it, and accepts none of its tokens meanwhile', () => {
  expect(setup({ file: null }).tokens.problem()).toBe(
    'admin.tokens.file /secrets/tokens cannot be read (ENOENT): check path and permissions'
  )
  const short = setup({ file: `${FILED}\nhunter2\n` }).tokens.problem()
  expect(short).toBe('admin.tokens.file /secrets/tokens: line 2 must be 16 to 256 letters, digits and - . _ ~ + /')
  expect(setup({ file: 'x'.repeat(70_000) }).tokens.problem()).toBe(
    'admin.tokens.file /secrets/tokens has 70000 bytes; at most 65536'
  )
  const { tokens, disk, clock, problems } = setup({ listed: [LISTED], file: FILED })
  expect(tokens.accepts(`Bearer ${FILED}`)).toBe(true)
  disk.unlink(PATH)
  clock.advance(5_000)
  expect(tokens.accepts(`Bearer ${FILED}`)).toBe(false)
  expect(tokens.accepts(`Bearer ${LISTED}`)).toBe(true)
  expect(problems).toHaveLength(1)
  expect(JSON.stringify(problems)).not.toContain(FILED)
})

test('the setting refuses what is no token without showing it, and is shown to nobody', async () => {
  const problem = await loadConfig({ flags: { 'admin.tokens': `${LISTED},hunter2` } }).catch(String)
  expect(problem).toContain('admin.tokens is a hidden value (command line): must be a comma-separated list of tokens')
  expect(problem).not.toMatch(/hunter2|listed-token/)
  const config = await loadConfig({ environment: { STREAMBUS_ADMIN_TOKENS: `${LISTED}, ${FILED}` } })
  expect(config.values['admin.tokens']).toEqual([LISTED, FILED])
  const described = describeBroker(config, { broker: new Map(), clusterDefault: new Map() })
  expect(described.find(({ name }) => name === 'admin.tokens')).toMatchObject({
    value: null,
    isSensitive: true,
    isReadOnly: true
  })
  expect(JSON.stringify(described)).not.toContain(LISTED)
})
