import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from './temporary-directory.ts'
import { isServing } from './topics.ts'
import type { Address } from './wire-socket.ts'

const READY_MS_MAX = 30_000
const STOP_MS_MAX = 20_000
const MAIN = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))

export interface BrokerProcessOptions {
  /** Options of node itself, such as --cpu-prof. */
  readonly nodeArguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** The broker as users start it, in its own process, on free ports and a fresh data directory. */
export class BrokerProcess {
  readonly address: Address
  readonly adminAddress: Address
  readonly directory: string
  /** From spawn to the first successful ApiVersions answer. */
  readonly readyMs: number
  readonly #child: ChildProcess

  private constructor(
    child: ChildProcess,
    addresses: { kafka: Address; admin: Address },
    started: { directory: string; readyMs: number }
  ) {
    this.#child = child
    this.address = addresses.kafka
    this.adminAddress = addresses.admin
    this.directory = started.directory
    this.readyMs = started.readyMs
  }

  /** Inherits this process's environment, so that any STREAMBUS_* setting can be measured. */
  static async start(options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
    const directory = temporaryDirectory('broker')
    const address = { host: '127.0.0.1', port: await freePort() }
    const admin = { host: '127.0.0.1', port: await freePort() }
    const env = {
      ...process.env,
      STREAMBUS_LISTENERS: `PLAINTEXT://${address.host}:${address.port}`,
      STREAMBUS_ADMIN_LISTENER: `${admin.host}:${admin.port}`,
      STREAMBUS_LOG_DIRS: directory,
      ...options.environment
    }
    const startMs = performance.now()
    const child = spawn(process.execPath, [...(options.nodeArguments ?? []), MAIN, 'start'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    const note = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4000)
    }
    child.stdout?.on('data', note)
    child.stderr?.on('data', note)
    try {
      await becomesReady(child, address)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${(error as Error).message}; it printed:\n${output}`, { cause: error })
    }
    return new BrokerProcess(child, { kafka: address, admin }, { directory, readyMs: performance.now() - startMs })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resident memory now, MiB. */
  rssMib(): number {
    return rssMib(this.pid)
  }

  /** Stops it as an operator does and removes its data. Throws when it does not end with code 0. */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX)
    const [code] = (await exited) as [number | null]
    clearTimeout(killer)
    fs.rmSync(this.directory, { recursive: true, force: true })
    if (code !== 0) throw new Error(`the broker ended with code ${code} after SIGTERM`)
  }

  /** Ends it at once and removes its data: a stop syncs every log, and nobody needs them any more. */
  async discard(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
    fs.rmSync(this.directory, { recursive: true, force: true })
  }
}

export function rssMib(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Math.round(Number(match?.[1] ?? Number.NaN) / 1024)
}

async function becomesReady(child: ChildProcess, address: Address): Promise<void> {
  const deadlineMs = performance.now() + READY_MS_MAX
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null) throw new Error(`the broker ended with code ${child.exitCode} before it was ready`)
    if (await isServing(address)) return
    await sleep(2)
  }
  throw new Error(`the broker was not ready after ${READY_MS_MAX} ms`)
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
