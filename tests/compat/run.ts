import { spawn } from 'node:child_process'
import { createHash, type Hash } from 'node:crypto'
import { once } from 'node:events'

export interface RunOptions {
  readonly input?: string | Uint8Array
  /** Standard output goes here instead of into the result. */
  readonly hash?: Hash
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

export interface Ran {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a command to its end. A command that is missing gives code 127. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(command, args, {
    stdio: 'pipe',
    env: { ...process.env, ...options.environment },
    timeout: options.timeoutMs ?? 90_000,
    killSignal: 'SIGKILL'
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.hash === undefined) out.push(chunk)
    else options.hash.update(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>(resolve => {
    child.once('error', () => resolve(127))
    child.once('close', code => resolve(code))
  })
  child.stdin.end(options.input ?? '')
  const code = await ended
  return { code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }
}

/** `run`, and throws with what the command said when its code is not 0. */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout.toString().slice(-2000)}`)
  return stdout
}

/** SHA-256 in hex of what a command prints. */
export async function runHash(command: string, args: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  await runOk(command, args, { hash })
  return hash.digest('hex')
}

/** Writes `lines` to a command's input, spread over the given time, and waits for its end. Returns its exit code. */
export async function feed(
  command: string,
  args: readonly string[],
  lines: readonly string[],
  spreadMs: number
): Promise<Ran> {
  const child = spawn(command, args, { stdio: 'pipe' })
  const err: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdout.resume()
  child.stdin.on('error', () => undefined)
  const exited = once(child, 'close') as Promise<[number | null]>
  const beganMs = performance.now()
  for (const [index, line] of lines.entries()) {
    child.stdin.write(`${line}\n`)
    const dueMs = beganMs + (spreadMs * index) / lines.length
    if (dueMs > performance.now()) await new Promise(resolve => setTimeout(resolve, dueMs - performance.now()))
  }
  child.stdin.end()
  const [code] = await exited
  return { code, stdout: Buffer.alloc(0), stderr: Buffer.concat(err).toString() }
}
