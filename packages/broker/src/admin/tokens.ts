import { createHash, timingSafeEqual } from 'node:crypto'
import { type Clock, type Disk, DiskError } from '@streambus/base'

const FILE_BYTES_MAX = 64 * 1024
/** A file that changes is noticed after this time. */
const REREAD_MS = 5_000

export interface TokensOptions {
  readonly listed: readonly string[]
  /** One token a line, beside those that are listed; empty lines and lines that begin with # do not count. */
  readonly filePath: string | null
  /** What a token looks like. */
  readonly format: { readonly pattern: RegExp; readonly allowed: string }
  readonly disk: Disk
  readonly clock: Clock
  /** A file that could be read before cannot be read now: none of its tokens is accepted. */
  readonly onProblem: (problem: string) => void
}

/** Who may use what the admin port does not show everybody. Keeps digests only: no token is in a log or an error. */
export class Tokens {
  readonly #options: TokensOptions
  readonly #listed: readonly Buffer[]
  #fromFile: readonly Buffer[] = []
  #readMs = Number.NEGATIVE_INFINITY

  constructor(options: TokensOptions) {
    this.#options = options
    this.#listed = options.listed.map(digest)
  }

  /** False: nobody may. */
  get isConfigured(): boolean {
    return this.#listed.length > 0 || this.#options.filePath !== null
  }

  /** What is wrong with the file, as a sentence for the operator; null when nothing is. For the start. */
  problem(): string | null {
    const { filePath } = this.#options
    return filePath === null ? null : this.#read(filePath)
  }

  /** Takes the same time for every token of a length, whichever it resembles. */
  accepts(authorization: string | undefined): boolean {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    this.#reread()
    const given = digest(token ?? '')
    let isKnown = false
    for (const known of [...this.#listed, ...this.#fromFile]) isKnown = timingSafeEqual(known, given) || isKnown
    return isKnown
  }

  #reread(): void {
    const { filePath, clock, onProblem } = this.#options
    if (filePath === null || clock.monotonicMs() - this.#readMs < REREAD_MS) return
    const problem = this.#read(filePath)
    if (problem !== null) onProblem(problem)
  }

  /** Null, or what is wrong; then the file counts as empty. */
  #read(path: string): string | null {
    this.#readMs = this.#options.clock.monotonicMs()
    this.#fromFile = []
    const { disk, format } = this.#options
    const content = readText(disk, path)
    if ('problem' in content) return `admin.tokens.file ${path} ${content.problem}`
    const lines = content.text.split('\n').map(line => line.trim())
    const bad = lines.findIndex(line => isToken(line) && !format.pattern.test(line))
    if (bad >= 0) return `admin.tokens.file ${path}: line ${bad + 1} must be ${format.allowed}`
    this.#fromFile = lines.filter(isToken).map(digest)
    return null
  }
}

function isToken(line: string): boolean {
  return line !== '' && !line.startsWith('#')
}

function readText(disk: Disk, path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const file = disk.open(path, { readOnly: true })
    try {
      const sizeBytes = file.sizeBytes()
      if (sizeBytes > FILE_BYTES_MAX) return { problem: `has ${sizeBytes} bytes; at most ${FILE_BYTES_MAX}` }
      const bytes = Buffer.alloc(sizeBytes)
      return { text: bytes.toString('utf8', 0, file.read(bytes, 0)) }
    } finally {
      file.close()
    }
  } catch (error) {
    if (error instanceof DiskError) return { problem: `cannot be read (${error.code}): check path and permissions` }
    throw error
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
