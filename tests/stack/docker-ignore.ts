import fs from 'node:fs'
import path from 'node:path'

interface Rule {
  readonly pattern: RegExp
  readonly isException: boolean
}

/** Rules of a .dockerignore, as Docker reads them: the last one that fits a path, or a folder above it, decides. */
export function parseDockerIgnore(text: string): (file: string) => boolean {
  const rules: Rule[] = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => ({ pattern: patternOf(line.replace(/^!/, '')), isException: line.startsWith('!') }))
  return file => {
    let isIgnored = false
    for (const { pattern, isException } of rules) {
      if (prefixes(file).some(prefix => pattern.test(prefix))) isIgnored = !isException
    }
    return isIgnored
  }
}

/** What `docker build` sends to the builder: files relative to `root`, links not followed. */
export function contextFiles(root: string): readonly string[] {
  const isIgnored = parseDockerIgnore(fs.readFileSync(path.join(root, '.dockerignore'), 'utf8'))
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`
      // These two are never let in again by an exception, and the one is large.
      if (entry.name === 'node_modules' || entry.name === '.git') continue
      if (entry.isDirectory()) walk(file)
      else if (!isIgnored(file)) found.push(file)
    }
  }
  walk('')
  return found
}

function prefixes(file: string): string[] {
  const parts = file.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function patternOf(text: string): RegExp {
  const parts = text
    .replace(/^\/|\/$/g, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map(part => {
      if (part === '**/') return '(?:.*/)?'
      if (part === '**') return '.*'
      if (part === '*') return '[^/]*'
      return part === '?' ? '[^/]' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    })
  return new RegExp(`^${parts.join('')}$`)
}
