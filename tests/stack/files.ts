import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

export const REPOSITORY = path.resolve(import.meta.dirname, '../..')

export function inRepository(file: string): string {
  return path.join(REPOSITORY, file)
}

export function readText(file: string): string {
  return fs.readFileSync(inRepository(file), 'utf8')
}

/** One YAML document, anchors and merge keys resolved. Its shape is the caller's word. */
export function readYaml<T>(file: string): T {
  return parse(readText(file), { merge: true }) as T
}

/** Every document of a YAML file. */
export function readYamls<T>(file: string): T[] {
  return parseAllDocuments(readText(file)).map(document => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(`${file}: ${error.message}`)
    return document.toJS() as T
  })
}

export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
}
