import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'

/** One system call on a file, times in milliseconds of the wall clock. */
export interface FileCall {
  readonly name: string
  readonly file: string
  readonly beganMs: number
  /** When the process had its result, an injected delay included. */
  readonly endedMs: number
  /** −1 for a failure. */
  readonly result: number
  /** Where a write went; −1 for other calls. */
  readonly position: number
  readonly isInjected: boolean
}

export interface Injection {
  readonly call: 'fdatasync' | 'fsync'
  /** As strace wants it: 'error=EIO:when=3', 'delay_exit=50000'. */
  readonly how: string
  /** The same as in `how`: strace's own times leave it out. */
  readonly delayMs?: number
}

const TRACED = 'pwrite64,pwritev,pwritev2,fdatasync,fsync'
const ATTACH_MS_MAX = 10_000
const END_MS_MAX = 1000
const LINE = /^(\d+\.\d+) (\w+)\(\d+<([^>]*)>(.*)\) = (-?\d+)(.*?) <([\d.]+)>$/

/** strace on a running process: changes what some calls return, writes down all that touch the contents of files. */
export class Strace {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #delayMs: number

  private constructor(child: ChildProcess, directory: string, delayMs: number) {
    this.#child = child
    this.#directory = directory
    this.#delayMs = delayMs
  }

  /** Resolves when it has hold of the process. `directory` takes its output. Throws what it says when it cannot. */
  static async attach(pid: number, directory: string, injection: Injection): Promise<Strace> {
    fs.mkdirSync(directory, { recursive: true })
    const inject = `inject=${injection.call}:${injection.how}`
    // A file for each thread: then no line is cut in two by that of another thread.
    const output = ['-ff', '-y', '-s', '0', '-ttt', '-T', '-o', path.join(directory, 'trace')]
    const rest = [...output, '-e', `trace=${TRACED}`, '-e', inject, '-p', String(pid)]
    const child = spawn('strace', rest, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    const late = setTimeout(() => child.kill('SIGKILL'), ATTACH_MS_MAX)
    try {
      for await (const chunk of child.stderr) {
        said += String(chunk)
        if (said.includes('attached')) break
      }
    } finally {
      clearTimeout(late)
    }
    if (!said.includes('attached')) throw new Error(`strace cannot attach: ${said.trim()}`)
    return new Strace(child, directory, injection.delayMs ?? 0)
  }

  /** Lets go of the process, if it still runs, and ends. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    // A process that dies within an injected delay leaves strace (6.1) waiting for ever.
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX)
    await exited
    clearTimeout(killer)
  }

  /** What was traced, in the order of beginning. Only when the traced process is gone or was let go. */
  calls(): FileCall[] {
    const files = fs.readdirSync(this.#directory)
    const lines = files.flatMap(name => fs.readFileSync(path.join(this.#directory, name), 'utf8').split('\n'))
    const calls = lines.map(line => parseCall(line, this.#delayMs)).filter(call => call !== null)
    return calls.sort((a, b) => a.beganMs - b.beganMs)
  }
}

/** Null for a line that is no finished call on a file. */
export function parseCall(line: string, delayMs: number): FileCall | null {
  const match = LINE.exec(line)
  if (match === null) return null
  const [, began = '', name = '', file = '', rest = '', result = '', notes = '', took = ''] = match
  const beganMs = Number(began) * 1000
  const position = name.startsWith('pwrite') ? Number(/, (\d+)$/.exec(rest)?.[1] ?? -1) : -1
  const delay = notes.includes('DELAYED') ? delayMs : 0
  return {
    name,
    file,
    beganMs,
    endedMs: beganMs + Number(took) * 1000 + delay,
    result: Number(result),
    position,
    isInjected: notes.includes('INJECTED') || notes.includes('DELAYED')
  }
}
