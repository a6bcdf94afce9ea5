import { createInterface } from 'node:readline/promises'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

/**
 * Asks on a terminal; anything but y or yes, also the end of the input, is no. Throws UsageError that names --yes where
 * nobody can be asked.
 */
export async function confirm({ stdin, stderr }: Io, question: string): Promise<boolean> {
  if (stdin.isTTY !== true) {
    throw new UsageError(`this asks before it does anything, and standard input is no terminal; add --yes to go ahead`)
  }
  stderr.write(`${question} [y/N] `)
  const lines = createInterface({ input: stdin })
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim())
    return false
  } finally {
    lines.close()
  }
}
