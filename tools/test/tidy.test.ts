import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseSource, readSources, type SourceFile } from '../source.ts'
import {
  deadFiles,
  lengthViolations,
  lineViolations,
  machinePaths,
  mapViolations,
  nameViolations,
  readTexts,
  sizeViolations,
  syntaxViolations,
  unwantedText
} from '../tidy.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = readSources(root)
const texts = readTexts(root)

function source(code: string, file = 'packages/base/src/a.ts'): SourceFile {
  return parseSource(file, code)
}

describe('the repository', () => {
  test.each([
    ['line length', (): string[] => sources.flatMap(lineViolations)],
    ['file and function length', (): string[] => sources.flatMap(file => lengthViolations(file))],
    ['syntax', (): string[] => sources.flatMap(syntaxViolations)],
    ['unwanted text', (): string[] => sources.flatMap(unwantedText)],
    ['machine paths', (): string[] => [...texts].flatMap(([file, text]) => machinePaths(file, text))],
    ['names', (): string[] => nameViolations(sources.map(({ path: file }) => file))],
    ['dead files', (): string[] => deadFiles(sources, texts.get('package.json') ?? '')],
    ['size', (): string[] => sizeViolations(texts)]
  ])('%s', (_rule, run) => {
    expect(run()).toEqual([])
  })

  const map = path.join(root, 'ARCHITECTURE.md')
  test.skipIf(!fs.existsSync(map))('the file map of ARCHITECTURE.md', () => {
    const files = sources.map(({ path: file }) => file)
    expect(mapViolations(fs.readFileSync(map, 'utf8'), files)).toEqual([])
  })
})

describe('each rule can fail', () => {
  test('line length counts characters, not UTF-16 units', () => {
    expect(lineViolations(source(`// ${'x'.repeat(117)}`))).toEqual([])
    expect(lineViolations(source(`// ${'😀'.repeat(117)}`))).toEqual([])
    expect(lineViolations(source(`\n// ${'x'.repeat(118)}`))).toEqual([
      'packages/base/src/a.ts:2 has 121 columns; at most 120'
    ])
    expect(lineViolations(source(`    throw new Error('${'x'.repeat(140)}')`))).toEqual([])
    expect(lineViolations(source(`  call(${'argument, '.repeat(12)}'x')`))).toHaveLength(1)
  })

  test('file length, with an amnesty that only shrinks', () => {
    const long = source('//\n'.repeat(601))
    expect(lengthViolations(long)).toHaveLength(1)
    expect(lengthViolations(long, new Map([[long.path, 601]]))).toEqual([])
    expect(lengthViolations(long, new Map([[long.path, 600]]))).toHaveLength(1)
    expect(lengthViolations(source('//\n'.repeat(601), 'packages/base/test/a.test.ts'))).toEqual([])
  })

  test('function length: declarations, methods, arrows; named', () => {
    const body = '  call()\n'.repeat(70)
    const kinds = {
      f: `function f() {\n${body}}`,
      m: `class A {\nm() {\n${body}}\n}`,
      g: `const g = () => {\n${body}}`,
      '#p': `class A {\n#p() {\n${body}}\n}`
    }
    for (const [name, code] of Object.entries(kinds)) {
      const [found] = lengthViolations(source(code))
      expect(found).toContain(`${name.replace('#', '')} has 72 lines`)
    }
    expect(lengthViolations(source(kinds.f), undefined, new Map([['packages/base/src/a.ts#f', 72]]))).toEqual([])
  })

  test('syntax', () => {
    expect(syntaxViolations(source('export default 1'))).toEqual(['packages/base/src/a.ts:1 uses default export'])
    expect(syntaxViolations(source('export default 1', 'vitest.config.ts'))).toEqual([])
    expect(syntaxViolations(source("declare module 'vitest' { interface B {} }"))).toEqual([])
    expect(syntaxViolations(source('enum A { B }\nnamespace C { export const d = 1 }'))).toHaveLength(2)
    expect(syntaxViolations(source('let x: any; // any'))).toHaveLength(1)
  })

  test('unwanted text', () => {
    for (const line of [
      "test.only('x', () => {})",
      '// @ts-ignore',
      '// oxlint-disable-next-line no-console',
      '// biome-ignore format: mine',
      '/** TODO */'
    ]) {
      expect(unwantedText(source(line)), line).toHaveLength(1)
    }
    expect(unwantedText(source('// oxlint-disable-next-line no-console -- the reason'))).toEqual([])
  })

  test('paths of one machine', () => {
    for (const place of ['work', 'root', 'home/anna'])
      expect(machinePaths('a.md', `see /${place}/x`), place).toHaveLength(1)
    expect(machinePaths('a.md', 'packages/work/x, ./root/y, https://example.org/home/anna/')).toEqual([])
  })

  test('names', () => {
    expect(nameViolations(['packages/base/src/aB.ts', 'a/a_b.ts', 'a/a-b.test.ts', 'a/00-x.ts'])).toHaveLength(2)
  })

  test('dead files; what is started by URL is alive', () => {
    const used = source("import './b.ts'\nnew URL('./c.ts', import.meta.url)", 'packages/base/src/index.ts')
    const files = ['b', 'c', 'd'].map(name => source('', `packages/base/src/${name}.ts`))
    expect(deadFiles([used, ...files], '')).toEqual(['packages/base/src/d.ts is imported by nothing'])
  })

  test('the map must name what is there, and only that', () => {
    const files = ['packages/a/src/net/b.ts', 'packages/a/src/net/c.ts', 'packages/a/src/m/01-x.ts']
    expect(mapViolations('| `net/{b,c}.ts` | … |\n`m/*.ts`', files)).toEqual([])
    expect(mapViolations('`net/b.ts` `m/*.ts`', files)).toHaveLength(1)
    expect(mapViolations('`net/{b,c}.ts` `m/*.ts` and `net/gone.ts`', files)).toHaveLength(1)
  })

  test('size', () => {
    expect(sizeViolations(new Map([['a.txt', 'x'.repeat((1 << 20) + 1)]]))).toHaveLength(1)
  })
})
