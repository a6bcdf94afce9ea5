import { printable } from './format.ts'

const PLAIN = /^[\w@%+=:,./][\w@%+=:,./-]*$/

/** Text as one word of a command line, to be copied into a POSIX shell; into bash where it has control characters. */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text
  const quoted = printable(text)
  if (quoted === text) return `'${text.replaceAll("'", "'\\''")}'`
  return `$'${printable(text.replace(/[\\']/g, '\\$&'))}'`
}

/** Words that are data, so that none of them is taken for an option. */
export function shellArguments(words: readonly string[]): string {
  const text = words.map(shellWord).join(' ')
  return words.some(word => word.startsWith('-')) ? `-- ${text}` : text
}
