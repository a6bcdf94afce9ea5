import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { BrokerProcess } from '../broker-process.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type LoopReport, SOCKET_VARIABLE } from './loop-watch.ts'

const LOOP_WATCH = fileURLToPath(new URL('loop-watch.ts', import.meta.url))

/** A broker that can be asked how long its event loop stood still. */
export class WatchedBroker {
  readonly process: BrokerProcess
  readonly #directory: string
  readonly #socketPath: string

  private constructor(process: BrokerProcess, directory: string, socketPath: string) {
    this.process = process
    this.#directory = directory
    this.#socketPath = socketPath
  }

  static async start(settings: Readonly<Record<string, string>>): Promise<WatchedBroker> {
    const directory = temporaryDirectory('loop')
    const socketPath = path.join(directory, 'socket')
    const environment = { ...settings, [SOCKET_VARIABLE]: socketPath }
    const broker = await BrokerProcess.start({
      nodeArguments: ['--import', LOOP_WATCH],
      environment
    })
    return new WatchedBroker(broker, directory, socketPath)
  }

  /** Runs `work` while the turns of the broker's event loop are timed. */
  async watch<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly loop: LoopReport }> {
    const socket = net.connect({ path: this.#socketPath, allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      // It has begun when the first byte is there.
      socket.once('readable', () => {
        socket.read()
        resolve()
      })
    })
    const result = await work()
    socket.end()
    return { result, loop: JSON.parse(await text(socket)) as LoopReport }
  }

  async discard(): Promise<void> {
    await this.process.discard()
    fs.rmSync(this.#directory, { recursive: true, force: true })
  }
}
