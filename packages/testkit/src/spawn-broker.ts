import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { type TempDir, tempDir } from './temp-dir.ts'

const MAIN = fileURLToPath(new URL('../../cli/bin/streambus.js', import.meta.url))
const READY_MS_MAX = 30_000
const STOP_MS_MAX = 20_000
const OUTPUT_CHARACTERS_MAX = 64 * 1024

export interface SpawnOptions {
  /** Settings by their Kafka names; they reach the broker as environment variables. */
  readonly config?: Readonly<Record<string, string>>
  /** Kept on `stop`. Default: a temporary directory, removed on `stop`. */
  readonly dataDir?: string
  /** Soft and hard limit of file descriptors, as `ulimit -n`. Default: inherited. */
  readonly descriptorsMax?: number
  /** Options of node itself, such as --max-old-space-size=200. */
  readonly nodeArguments?: readonly string[]
  /** Variables of its own that are no settings, such as LD_PRELOAD. */
  readonly environment?: Readonly<Record<string, string>>
  /** All that it prints, as it comes; `output` keeps only the end. */
  readonly onOutput?: (text: string) => void
}

/** The broker as users run it, in a process of its own that can be killed and started again on its data and ports. */
export class SpawnedBroker {
  readonly bootstrap: string
  readonly adminUrl: string
  readonly dataDir: string
  readonly #options: SpawnOptions
  readonly #temporary: TempDir | null
  readonly #environment: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  #output = ''

  private constructor(options: SpawnOptions, ports: { readonly kafka: number; readonly admin: number }) {
    this.#options = options
    this.#temporary = options.dataDir === undefined ? tempDir('broker') : null
    this.dataDir = options.dataDir ?? (this.#temporary as TempDir).path
    this.bootstrap = `127.0.0.1:${ports.kafka}`
    this.adminUrl = `http://127.0.0.1:${ports.admin}`
    this.#environment = {
      ...environmentOf({
        listeners: `PLAINTEXT://${this.bootstrap}`,
        'admin.listener': `127.0.0.1:${ports.admin}`,
        'log.dirs': this.dataDir,
        // A test that asks twice wants two answers.
        'metrics.cache.ms': '0'
      }),
      ...environmentOf(options.config ?? {})
    }
  }

  /** Waits until it is ready. Throws with the broker's output when it ends before that or takes over 30 s. */
  static async start(options: SpawnOptions = {}): Promise<SpawnedBroker> {
    const broker = new SpawnedBroker(options, { kafka: await freePort(), admin: await freePort() })
    await broker.start()
    return broker
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the broker is not running')
    return this.#child.pid
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The end of what it printed, both streams. */
  get output(): string {
    return this.#output
  }

  /** Resident memory, bytes; Linux only. */
  get residentBytes(): number {
    const status = fs.readFileSync(`/proc/${this.pid}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024
  }

  /** Starts it again on the same data and ports; it must not be running. */
  async start(): Promise<void> {
    if (this.isRunning) throw new Error('the broker is running already')
    const node = [process.execPath, ...(this.#options.nodeArguments ?? []), MAIN, 'start']
    const limit = this.#options.descriptorsMax
    const [command, ...rest] = limit === undefined ? node : ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh', ...node]
    const child = spawn(command as string, rest, {
      env: { ...foreignEnvironment(), ...this.#options.environment, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#child = child
    const note = (chunk: Buffer): void => {
      const text = chunk.toString()
      this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS_MAX)
      this.#options.onOutput?.(text)
    }
    child.stderr.on('data', note)
    child.stdout.on('data', note)
    await this.#ready(child)
  }

  /** kill −9: the page cache survives, nothing else does. Waits until the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** An orderly stop. Returns the exit code; null when it had to be killed. */
  async terminate(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** `terminate`, and removes the data unless the directory was given. Throws when the exit code is not 0. */
  async stop(): Promise<void> {
    const code = this.isRunning ? await this.terminate() : 0
    this.#temporary?.remove()
    if (code !== 0)
      throw new Error(`the broker ended with ${code ?? 'a signal'} after SIGTERM; it printed:\n${this.#output}`)
  }

  async #ready(child: ChildProcess): Promise<void> {
    const failed = new AbortController()
    const late = setTimeout(() => failed.abort(new Error('was not ready in time')), READY_MS_MAX)
    child.once('exit', code => failed.abort(new Error(`ended with code ${code} before it was ready`)))
    child.once('error', error => failed.abort(error))
    try {
      // The one line on standard output says that it is ready; the log goes to standard error.
      await once(child.stdout as NodeJS.ReadableStream, 'data', { signal: failed.signal })
    } catch (error) {
      child.kill('SIGKILL')
      const reason = failed.signal.reason as Error | undefined
      throw new Error(`the broker ${reason?.message ?? ''}; it printed:\n${this.#output}`, { cause: error })
    } finally {
      clearTimeout(late)
    }
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === null || !this.isRunning) throw new Error('the broker is not running')
    const exited = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    const [code] = await exited
    clearTimeout(killer)
    this.#child = null
    return code
  }
}

/** Without our own variables: settings of the test run must not reach the broker under test. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STREAMBUS_')))
}

/** `log.retention.ms` → `STREAMBUS_LOG_RETENTION_MS`. */
export function environmentOf(config: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(config)
  return Object.fromEntries(
    entries.map(([name, value]) => [`STREAMBUS_${name.replaceAll(/[.-]/g, '_').toUpperCase()}`, value])
  )
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
