import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { DiskError } from '../../src/index.ts'
import { lockHolder, nodeDisk } from '../../src/node/index.ts'

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'))
const file = path.join(directory, '.lock')
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  fs.rmSync(file, { force: true })
})
afterAll(() => fs.rmSync(directory, { recursive: true }))

const MODULE = JSON.stringify(path.join(import.meta.dirname, '../../src/node/lock-file.ts'))
/** Takes the lock at each line of its input, says what became of it, and keeps it until the next line. */
const TAKER = `
  import { lockFile } from ${MODULE}
  import { createInterface } from 'node:readline'
  let lock = null
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'release') { lock?.release(); lock = null; console.log('released'); continue }
    try { lock = lockFile(${JSON.stringify(file)}); console.log('taken') }
    catch (error) { console.log(error.code + ' ' + error.message) }
  }`
const NODE = [process.execPath, '--input-type=module', '--no-warnings', '-e', TAKER]
const IN_CONTAINER = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc']

/** A process that answers each line by one line. */
function taker(command: readonly string[] = NODE): { child: ChildProcess; say(line: string): Promise<string> } {
  const [name, ...rest] = command as [string, ...string[]]
  const child = spawn(name, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return {
    child,
    async say(line) {
      child.stdin?.write(`${line}\n`)
      const [answer] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
      return answer.toString().trim()
    }
  }
}

test('a second holder is refused and told who the first is', () => {
  const lock = nodeDisk.lock(file)
  expect(() => nodeDisk.lock(file)).toThrow(DiskError)
  expect(() => nodeDisk.lock(file)).toThrow(`held by process ${process.pid}`)
  expect(lockHolder(file)).toBe(`process ${process.pid}`)
  lock.release()
  expect(lockHolder(file)).toBeNull()
  nodeDisk.lock(file).release()
  expect(fs.readdirSync(directory)).toEqual(['.lock'])
})

test('a process that is killed holds nothing, and the next one does not wait', async () => {
  const { child, say } = taker()
  expect(await say('take')).toBe('taken')
  expect(() => nodeDisk.lock(file)).toThrow(`held by process ${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  nodeDisk.lock(file).release()
})

test('a holder in another PID namespace keeps it, whichever side asks', async context => {
  context.skip(spawnSync('unshare', [...IN_CONTAINER.slice(1), 'true']).status !== 0, 'no namespaces on this machine')
  const inside = taker([...IN_CONTAINER, ...NODE])
  const outside = taker()
  expect(await outside.say('take')).toBe('taken')
  expect(await inside.say('take')).toMatch(/^ELOCKED .*held by a process that cannot be seen from here/)
  expect(await outside.say('release')).toBe('released')
  expect(await inside.say('take')).toBe('taken')
  expect(await outside.say('take')).toMatch(/^ELOCKED/)
  expect(lockHolder(file)).not.toBeNull()
})

test('of processes that race for the lock of one that was killed, one wins', async () => {
  const racers = [taker(), taker(), taker()]
  for (let round = 0; round < 50; round++) {
    // What a killed process leaves is an empty file or, of an earlier version, its number; no process has this one.
    if (round % 2 === 0) fs.writeFileSync(file, '99999999 1\n')
    const answers = await Promise.all(racers.map(({ say }) => say('take')))
    expect(answers.filter(answer => answer === 'taken')).toHaveLength(1)
    expect(answers.filter(answer => answer.startsWith('ELOCKED'))).toHaveLength(racers.length - 1)
    await Promise.all(racers.map(({ say }) => say('release')))
  }
}, 120_000)

describe('the lock file of an earlier version names its holder', () => {
  test('a process that runs keeps it until it has ended, reaped or not', async () => {
    const child = spawn('sleep', ['100'])
    children.push(child)
    await once(child, 'spawn')
    const stat = fs.readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    fs.writeFileSync(file, `${child.pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}\n`)
    expect(() => nodeDisk.lock(file)).toThrow(`held by process ${child.pid}`)
    expect(lockHolder(file)).toBe(`process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    nodeDisk.lock(file).release()
  })

  test.each([`${process.pid} 1\n`, 'nonsense\n'])('what names no process that runs holds nothing: %j', text => {
    fs.writeFileSync(file, text)
    expect(lockHolder(file)).toBeNull()
    nodeDisk.lock(file).release()
  })
})

test('what cannot be locked says why', () => {
  expect(() => nodeDisk.lock(path.join(directory, 'missing', '.lock'))).toThrow('ENOENT')
  fs.mkdirSync(file)
  expect(() => nodeDisk.lock(file)).toThrow(/cannot be locked|EISDIR/)
  fs.rmdirSync(file)
})
