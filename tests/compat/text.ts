import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { SeededPrng } from '@streambus/testkit'

export interface LineFile {
  readonly path: string
  readonly lines: number
  /** Of the whole file, in hex. */
  readonly sha256: string
}

const WORDS = (
  'the of and to in a is that it was for on as with his he be at by had not are but from or have an they which one ' +
  'you were her all she there would their we him been has when who will more no if out so said what up its about ' +
  'into than log record broker partition offset segment leader replica commit flush epoch batch header checksum ' +
  'stream consumer Größe façade naïve 東京 файл 😀 naïveté smörgåsbord'
).split(' ')
const SEED = 20_260_921

/**
 * A deterministic text of at least `bytes` bytes that looks like prose to a compressor: lines of very different
 * lengths, empty ones, several scripts, a tab, a quote, a carriage return. Ends with a newline.
 */
export function writeText(path: string, bytes: number): LineFile {
  const prng = new SeededPrng(SEED)
  const lines: string[] = []
  for (let size = 0; size < bytes; ) {
    const line = textLine(prng, lines.length)
    lines.push(line)
    size += Buffer.byteLength(line) + 1
  }
  const text = Buffer.from(`${lines.join('\n')}\n`)
  fs.writeFileSync(path, text)
  return { path, lines: lines.length, sha256: createHash('sha256').update(text).digest('hex') }
}

function textLine(prng: SeededPrng, number: number): string {
  if (prng.chance(0.03)) return ''
  const words = prng.chance(0.01) ? 400 : 3 + prng.below(20)
  const line = Array.from({ length: words }, () => prng.pick(WORDS)).join(' ')
  return prng.chance(0.01) ? `${number}\t"${line}"\\ %s {} \r` : `${number} ${line}.`
}

/** The same text without empty lines, for a client that cannot send them. */
export function withoutEmptyLines(file: LineFile): LineFile {
  const lines = fs
    .readFileSync(file.path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
  const text = `${lines.join('\n')}\n`
  const path = `${file.path}.full`
  fs.writeFileSync(path, text)
  return { path, lines: lines.length, sha256: createHash('sha256').update(text).digest('hex') }
}
