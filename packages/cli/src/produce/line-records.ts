import { LineSplitter } from './line-splitter.ts'

export interface LineRules {
  /** The key of every record; null for none. */
  readonly key: Buffer | null
  /** What separates key and value in a line; null when lines are values. */
  readonly separator: Buffer | null
}

export type RecordTaker = (key: Buffer | null, value: Buffer) => void

/** A line that has no key although one is expected. */
export class MissingKey extends Error {
  override readonly name = 'MissingKey'
}

/** A splitter that turns each line into key and value. Buffers given to `take` are valid only during the call. */
export function lineRecords({ key, separator }: LineRules, take: RecordTaker): LineSplitter {
  let line = 0
  return new LineSplitter((bytes, start, end) => {
    line++
    if (separator === null) return take(key, bytes.subarray(start, end))
    const text = bytes.subarray(start, end)
    const at = text.indexOf(separator)
    if (at === -1) {
      throw new MissingKey(
        `line ${line} has no key: the separator ${JSON.stringify(separator.toString())} is not in it`
      )
    }
    take(text.subarray(0, at), text.subarray(at + separator.length))
  })
}

/** Resolves \t, \n, \0, \\ and \xNN of an option's text. */
export function unescape(text: string): Buffer {
  const resolved = text.replace(/\\(?:([tn0\\])|x([0-9a-fA-F]{2}))/g, (_, letter?: string, hex?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return letter === 't' ? '\t' : letter === 'n' ? '\n' : letter === '0' ? '\0' : '\\'
  })
  return Buffer.from(resolved)
}
