/** House style that no linter knows. Each rule gives one line per violation: where, what, and what is allowed. */
import fs from 'node:fs'
import path from 'node:path'
import { listFiles, type SourceFile } from './source.ts'

const COLUMNS_MAX = 120
const FILE_LINES_MAX = 600
const TEST_FILE_LINES_MAX = 800
const FUNCTION_LINES_MAX = 70
const FILE_BYTES_MAX = 1 << 20

/** Longer files, each with the reason; the number may fall, never rise. */
export const LONG_FILES: ReadonlyMap<string, number> = new Map()

/** Longer functions as 'path#name'; the number may fall, never rise. */
export const LONG_FUNCTIONS: ReadonlyMap<string, number> = new Map()

/** Run by name, not imported. */
const ENTRY_POINT =
  /(^|\/)(index|global-setup|[\w-]*main)\.ts$|\.(test|config|d)\.ts$|^tools\/[\w-]+\.ts$|^tests\/compat\/clients\//

function isTest(file: string): boolean {
  return file.includes('/test/') || file.endsWith('.test.ts')
}

/** A message for people or a test's sentence may run on: split over lines, nobody finds it by searching. */
const LITERAL = /'[^']*'|`[^`]*`|"[^"]*"/g

export function lineViolations(source: SourceFile): string[] {
  return source.text
    .split('\n')
    .map((line, index) => ({ line, length: columnsOf(line), number: index + 1 }))
    .filter(({ line, length }) => length > COLUMNS_MAX && columnsOf(line.replace(LITERAL, '')) > COLUMNS_MAX / 2)
    .map(({ length, number }) => `${source.path}:${number} has ${length} columns; at most ${COLUMNS_MAX}`)
}

function columnsOf(line: string): number {
  return Array.from(line).length
}

export function lengthViolations(
  source: SourceFile,
  longFiles: ReadonlyMap<string, number> = LONG_FILES,
  longFunctions: ReadonlyMap<string, number> = LONG_FUNCTIONS
): string[] {
  const found: string[] = []
  const lines = source.text.split('\n').length - 1
  const linesMax = longFiles.get(source.path) ?? (isTest(source.path) ? TEST_FILE_LINES_MAX : FILE_LINES_MAX)
  if (lines > linesMax) found.push(`${source.path} has ${lines} lines; at most ${linesMax}: split it by responsibility`)
  // A describe block holds many tests; its length says nothing.
  if (isTest(source.path)) return found
  for (const { name, line, lines: count } of source.functions) {
    const countMax = longFunctions.get(`${source.path}#${name}`) ?? FUNCTION_LINES_MAX
    if (count > countMax) found.push(`${source.path}:${line} ${name} has ${count} lines; at most ${countMax}`)
  }
  return found
}

export function syntaxViolations(source: SourceFile): string[] {
  return source.syntax
    .filter(({ name }) => !(name === 'default export' && /\.(config|d)\.ts$/.test(source.path)))
    .map(({ name, line }) => `${source.path}:${line} uses ${name}`)
}

const UNWANTED: readonly { readonly pattern: RegExp; readonly says: string }[] = [
  { pattern: /\b(test|it|describe|suite)\.(only|todo)\b/, says: 'a focused or empty test hides the others' },
  { pattern: /@ts-(ignore|nocheck)/, says: 'types are mended, not silenced' },
  { pattern: /@ts-expect-error(?! \S)/, says: 'an expected type error carries its reason, and belongs into a test' },
  {
    pattern: /(oxlint|eslint)-disable(?!.* -- \S)/,
    says: "a rule is switched off with ' -- ' and the reason, or not at all"
  },
  { pattern: /biome-ignore/, says: 'formatting is not negotiated' },
  { pattern: /\/[/*].*\b(TODO|FIXME|XXX|HACK)\b/, says: 'unfinished work belongs into KNOWN-GAPS.md' }
]

export function unwantedText(source: SourceFile): string[] {
  const found: string[] = []
  // The patterns and their bad samples.
  if (/^tools\/(test\/)?tidy\./.test(source.path)) return found
  for (const [index, line] of source.text.split('\n').entries()) {
    for (const { pattern, says } of UNWANTED) {
      if (pattern.test(line)) found.push(`${source.path}:${index + 1} ${says}`)
    }
  }
  return found
}

const MACHINE_PATH = /(^|[^\w./-])\/(work|farm|root|home\/\w+)\/|\/tmp\/(bash_jobs|setup)\b/

/** Paths that exist on one machine only, in any text file. */
export function machinePaths(file: string, text: string): string[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => MACHINE_PATH.test(line))
    .map(({ line, number }) => `${file}:${number} names a path of one machine: ${line.trim().slice(0, 80)}`)
}

export function nameViolations(files: readonly string[]): string[] {
  return files
    .filter(file => file.endsWith('.ts') && !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(path.posix.basename(file)))
    .map(file => `${file} is not kebab-case`)
}

/** Files that nothing imports and nobody starts; `started` is text that names what is run, such as package.json. */
export function deadFiles(sources: readonly SourceFile[], started: string): string[] {
  const imported = new Set<string>()
  for (const source of sources) {
    for (const { specifier } of source.imports) {
      if (specifier.startsWith('.')) imported.add(path.posix.join(path.posix.dirname(source.path), specifier))
    }
    // Workers and child processes are started by path.
    for (const [, target] of source.text.matchAll(/new URL\('(\.[^']+)', import\.meta\.url\)/g)) {
      imported.add(path.posix.join(path.posix.dirname(source.path), target ?? ''))
    }
  }
  return sources
    .map(source => source.path)
    .filter(file => !imported.has(file) && !ENTRY_POINT.test(file) && !started.includes(file))
    .map(file => `${file} is imported by nothing`)
}

/**
 * Both ways: each file under a src folder is named in the map, and the map names no file that is gone. A name in the
 * map is the end of a path (`net/listener.ts`), may group (`{live,ready}.ts`) and may hold a star (`messages/*.ts`).
 */
export function mapViolations(map: string, files: readonly string[]): string[] {
  const names = [...map.matchAll(/[\w@./*{},-]+\.ts\b/g)].flatMap(([name]) => expandBraces(name))
  const patterns = names.map(name => ({ name, pattern: endOfPath(name) }))
  const missing = files
    .filter(file => /\/src\/.*\.ts$/.test(file) && !file.endsWith('/index.ts'))
    .filter(file => !patterns.some(({ pattern }) => pattern.test(file)))
    .map(file => `${file} is not in the file map of ARCHITECTURE.md`)
  const stale = patterns
    .filter(({ pattern }) => !files.some(file => pattern.test(file)))
    .map(({ name }) => `ARCHITECTURE.md names ${name}, which does not exist`)
  return [...missing, ...stale]
}

function expandBraces(name: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/.exec(name)
  if (match === null) return [name]
  const [, before = '', inside = '', after = ''] = match
  return inside.split(',').flatMap(choice => expandBraces(`${before}${choice}${after}`))
}

function endOfPath(name: string): RegExp {
  const escaped = name.replace(/^\.?\//, '').replaceAll(/[.+?^$()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`(^|/)${escaped.replaceAll('*', '[^/]*')}$`)
}

const TEXT_FILE = /\.(ts|mjs|js|json|md|ya?ml|sh|py|java|txt)$|^\.ci\/|^(LICENSE|\.gitignore)$/
const FOLDERS = ['packages', 'bench', 'dashboards', 'tests', 'tools', '.ci', 'docs']

/** Every text file of the repository with what is in it, apart from lock files and what git ignores. */
export function readTexts(root: string): Map<string, string> {
  const top = fs.readdirSync(root, { withFileTypes: true }).filter(entry => entry.isFile())
  const files = [...top.map(entry => entry.name), ...FOLDERS.flatMap(folder => listFiles(root, folder))]
  return new Map(
    files
      .filter(file => TEXT_FILE.test(file) && file !== 'package-lock.json')
      .map(file => [file, fs.readFileSync(path.join(root, file), 'utf8')])
  )
}

export function sizeViolations(texts: ReadonlyMap<string, string>): string[] {
  return [...texts]
    .filter(([, text]) => text.length > FILE_BYTES_MAX)
    .map(([file, text]) => `${file} has ${text.length} bytes; at most ${FILE_BYTES_MAX}: generate it instead`)
}
