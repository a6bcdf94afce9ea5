import fs from 'node:fs'
import path from 'node:path'

export interface Block {
  readonly language: string
  readonly text: string
}

const FENCE = /^( *)```(\w*)\n(.*?)\n\1```$/gms

/** Code blocks in order, without the indentation of a list around them. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map(([, indent = '', language = '', code = '']) => {
    const lines = code.split('\n').map(line => (line.startsWith(indent) ? line.slice(indent.length) : line))
    return { language, text: lines.join('\n') }
  })
}

/** The text without its code blocks, in which `#` begins no heading. */
function prose(text: string): string {
  return text.replaceAll(FENCE, '')
}

/** '## Metrics' and its like, in order. */
export function headingsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#{1,4} .+$/gm)].map(([heading]) => heading)
}

/** The name of a heading in a link, as GitHub makes it. */
function anchorOf(heading: string): string {
  const title = heading.replace(/^#+ /, '').toLowerCase()
  return title.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-')
}

/** Links of a file that lead nowhere, as `target: why`. Addresses on the network are not asked. */
export function brokenLinks(file: string): string[] {
  const text = fs.readFileSync(file, 'utf8')
  const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .filter(target => !/^https?:/.test(target))
    .flatMap(target => {
      const [name = '', anchor = ''] = target.split('#')
      const found = name === '' ? file : path.join(path.dirname(file), name)
      if (!fs.existsSync(found)) return [`${target}: there is no such file`]
      if (anchor === '') return []
      const anchors = headingsOf(fs.readFileSync(found, 'utf8')).map(anchorOf)
      return anchors.includes(anchor) ? [] : [`${target}: there is no such heading`]
    })
}

/** The cells of every table row below a header row that begins with `first`. */
export function rowsBelow(text: string, first: string): string[][] {
  const tables = [...prose(text).matchAll(/^\|.*\|\n\|[-| ]+\|\n((?:\|.*\|\n)+)/gm)]
  return tables
    .filter(([table]) => table.startsWith(`| ${first} |`))
    .flatMap(([, rows = '']) => rows.trim().split('\n'))
    .map(row =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim())
    )
}
