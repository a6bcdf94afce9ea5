import fs from 'node:fs'
import { loadConfig } from '@streambus/broker'
import { describe, expect, test } from 'vitest'
import { imageCommand, imageEnvironment } from './container.ts'
import { contextFiles, parseDockerIgnore } from './docker-ignore.ts'
import { lineage, parseDockerfile } from './dockerfile.ts'
import { inRepository, REPOSITORY, readText } from './files.ts'

const stages = parseDockerfile(readText('docker/Dockerfile'))
const final = stages.at(-1)?.name ?? ''
const instructions = lineage(stages, final)
const textsOf = (name: string): string[] => instructions.filter(each => each.name === name).map(each => each.text)

describe('the image', () => {
  test('begins with the official Node image in the version of the `node` package', () => {
    const { devDependencies } = JSON.parse(readText('package.json')) as { devDependencies: Record<string, string> }
    const external = stages.filter(({ from }) => !stages.some(({ name }) => name === from))
    expect(external.map(({ from }) => from)).toEqual([`node:${devDependencies['node']}-bookworm-slim`])
  })

  test('has what package-lock.json says, without development packages, and no script of a package has run', () => {
    const [install] = stages.flatMap(stage => stage.instructions).filter(({ text }) => text.startsWith('npm '))
    expect(install?.text).toMatch(/^npm ci --omit=dev --ignore-scripts /)
  })

  test('has settings that the broker takes, on every interface and on the ports that are exposed', async () => {
    const { listeners, advertised, adminListener, values } = await loadConfig({
      environment: Object.fromEntries(imageEnvironment({ stages }))
    })
    expect(listeners).toEqual([{ name: 'PLAINTEXT', host: '0.0.0.0', port: 9092 }])
    expect(advertised).toEqual([{ host: 'localhost', port: 9092 }])
    expect(adminListener).toEqual({ host: '0.0.0.0', port: 8080 })
    expect(textsOf('EXPOSE')).toEqual(['9092 8080'])
    expect(textsOf('VOLUME')).toEqual(values['log.dirs'])
  })

  test('starts no shell that would keep signals to itself', () => {
    expect(imageCommand({ stages }, 'ENTRYPOINT')).toEqual(['streambus-entrypoint'])
    expect(imageCommand({ stages }, 'CMD')).toEqual(['streambus', 'start'])
    // The last thing that the entry point does, as root and as anybody else, is to become the broker.
    const lines = readText('docker/entrypoint.sh').split('\n')
    expect(lines.filter(line => line.includes('"$@"')).every(line => line.trim().startsWith('exec '))).toBe(true)
    expect(lines.findLast(line => line !== '')).toMatch(/^exec setpriv --reuid=node .*--no-new-privs -- "\$@"$/)
  })

  test('asks its own liveness, with node and nothing else', () => {
    const [program, flag, script] = imageCommand({ stages }, 'HEALTHCHECK')
    expect([program, flag]).toEqual(['node', '-e'])
    expect(script).toContain("process.env.STREAMBUS_ADMIN_LISTENER + '/health/live'")
  })
})

describe('the build context', () => {
  const files = contextFiles(REPOSITORY)

  test('holds what is copied and nothing of the tests', () => {
    const copied = stages
      .flatMap(stage => stage.instructions)
      .filter(({ name, flags }) => name === 'COPY' && !flags.has('from'))
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1))
    for (const word of copied)
      expect(
        files.some(file => file === word || file.startsWith(`${word}/`)),
        word
      ).toBe(true)
    const needed = ['packages', 'LICENSE', 'package.json', 'package-lock.json', 'docker']
    expect(files.filter(file => !needed.includes(file.split('/')[0] ?? ''))).toEqual([])
    expect(files.filter(file => /^packages\/([^/]+\/test|testkit)\//.test(file))).toEqual([])
  })

  test('holds every package that the command line needs', () => {
    const names = fs.readdirSync(inRepository('packages')).filter(name => name !== 'testkit')
    for (const name of names) expect(files).toContain(`packages/${name}/package.json`)
  })
})

describe('the reader of Dockerfiles', () => {
  test('joins lines, drops comments, keeps flags apart', () => {
    const read = parseDockerfile(
      'FROM a:1 AS one\n# no\nRUN x \\\n  # no\n  && y\nFROM one\nCOPY --from=one --chmod=1 a b'
    )
    expect(read.map(({ name, from }) => [name, from])).toEqual([
      ['one', 'a:1'],
      ['1', 'one']
    ])
    expect(lineage(read, '1').map(({ name, text }) => `${name} ${text}`)).toEqual(['RUN x && y', 'COPY a b'])
    expect([...(read[1]?.instructions[0]?.flags ?? [])]).toEqual([
      ['from', 'one'],
      ['chmod', '1']
    ])
  })

  test('refuses what it does not know', () => {
    expect(() => parseDockerfile('FROM a\nADD x y')).toThrow('line 2: ADD')
    expect(() => parseDockerfile('RUN x')).toThrow('before the first FROM')
    expect(() => parseDockerfile('FROM a\nRUN <<EOF')).toThrow('heredocs')
  })
})

test('the last rule of a .dockerignore decides', () => {
  const isIgnored = parseDockerIgnore('*\n!a\n!b/c.txt\na/*/test\n**/x\n')
  expect(['a/1/src/f', 'b/c.txt'].map(isIgnored)).toEqual([false, false])
  expect(['b/d.txt', 'a/1/test/f', 'a/1/x', 'z'].map(isIgnored)).toEqual([true, true, true, true])
})
