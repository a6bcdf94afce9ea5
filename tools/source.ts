/** What the layer and tidy rules need to know of a TypeScript file. */
import fs from 'node:fs'
import path from 'node:path'
import { parseAst } from 'vitest/node'

export interface Import {
  /** As written: './x.ts', 'node:fs', '@streambus/base'. */
  readonly specifier: string
  readonly line: number
}

export interface Occurrence {
  readonly name: string
  readonly line: number
}

export interface FunctionLength extends Occurrence {
  readonly lines: number
}

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly functions: readonly FunctionLength[]
  /** Globals in use: `Date.now`, `setTimeout`, `fetch`, …; only free identifiers and one member behind them. */
  readonly globals: readonly Occurrence[]
  /** Syntax that is not wanted: 'default export', 'enum', 'namespace', 'any'. */
  readonly syntax: readonly Occurrence[]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const SYNTAX: Readonly<Record<string, string>> = {
  ExportDefaultDeclaration: 'default export',
  TSEnumDeclaration: 'enum',
  TSModuleDeclaration: 'namespace',
  TSAnyKeyword: 'any'
}
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const IMPORTS = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression'])

/** Parses a TypeScript file. Throws with the path when it does not parse. */
export function parseSource(file: string, text: string): SourceFile {
  const starts = lineStarts(text)
  const found = {
    imports: [] as Import[],
    functions: [] as FunctionLength[],
    globals: [] as Occurrence[],
    syntax: [] as Occurrence[]
  }
  const lineOf = (offset: number): number => lineAt(starts, offset)
  const visit = (node: Node, parent: Node | null): void => {
    const line = lineOf(node.start)
    const syntax = SYNTAX[node.type]
    if (syntax !== undefined && !isAugmentation(node)) found.syntax.push({ name: syntax, line })
    if (IMPORTS.has(node.type) && isNode(node['source'])) {
      const specifier = node['source']['value']
      if (typeof specifier === 'string') found.imports.push({ specifier, line })
    }
    if (FUNCTIONS.has(node.type)) {
      found.functions.push({ name: functionName(node, parent), line, lines: lineOf(node.end - 1) - line + 1 })
    }
    const used = globalName(node)
    if (used !== null) found.globals.push({ name: used, line })
  }
  walk(parse(file, text), null, visit)
  return { path: file, text, ...found }
}

function parse(file: string, text: string): Node {
  try {
    return parseAst(text, { lang: 'ts' }, file) as unknown as Node
  } catch (error) {
    throw new Error(`${file} does not parse: ${(error as Error).message}`, { cause: error })
  }
}

/** `declare module 'vitest' { … }` adds to another module's types; it is no namespace. */
function isAugmentation(node: Node): boolean {
  return node.type === 'TSModuleDeclaration' && isNode(node['id']) && node['id'].type === 'Literal'
}

function walk(node: Node, parent: Node | null, visit: (node: Node, parent: Node | null) => void): void {
  visit(node, parent)
  for (const value of Object.values(node)) {
    if (isNode(value)) walk(value, node, visit)
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, node, visit)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

function identifier(node: unknown): string | null {
  return isNode(node) && (node.type === 'Identifier' || node.type === 'PrivateIdentifier') ? String(node['name']) : null
}

/** The name a reader would look for: of the function itself, its property, its variable. */
function functionName(node: Node, parent: Node | null): string {
  return identifier(node['id']) ?? identifier(parent?.['key']) ?? identifier(parent?.['id']) ?? '(anonymous)'
}

/** Calls such as `setTimeout(…)`, `Date.now()` and `new Date()`; a method of one of our objects gives its own name. */
function globalName(node: Node): string | null {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return null
  const callee = node['callee']
  const name = identifier(callee)
  if (name !== null && node.type === 'CallExpression') return name
  // With an argument it is a conversion.
  if (name !== null) return (node['arguments'] as readonly unknown[]).length === 0 ? `new ${name}` : null
  if (!isNode(callee) || callee.type !== 'MemberExpression') return null
  const object = identifier(callee['object'])
  const property = identifier(callee['property'])
  return object !== null && property !== null ? `${object}.${property}` : null
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return low + 1
}

const SKIPPED = new Set(['node_modules', 'dist', 'data', 'coverage', '.git'])

/** Paths of all files under `folder`, from `root`, sorted. */
export function listFiles(root: string, folder: string): string[] {
  const start = path.join(root, folder)
  if (!fs.existsSync(start)) return []
  const files: string[] = []
  for (const entry of fs.readdirSync(start, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue
    const child = path.posix.join(folder, entry.name)
    if (entry.isDirectory()) files.push(...listFiles(root, child))
    else if (entry.isFile()) files.push(child)
  }
  return files.sort()
}

/** Every TypeScript file of the repository, declarations included. */
export function readSources(root: string): SourceFile[] {
  return ['packages', 'bench', 'dashboards', 'tests', 'tools']
    .flatMap(folder => listFiles(root, folder))
    .filter(file => file.endsWith('.ts'))
    .map(file => parseSource(file, fs.readFileSync(path.join(root, file), 'utf8')))
}
