import { type Clock, type Disk, type DiskError, type Prng } from '@streambus/base'
import { nodeClock, nodeDisk, nodePrng } from '@streambus/base/node'
import { Broker, inlineRunner, type LogControl, loadConfig, SILENT_LOG } from '@streambus/broker'
import { MemoryDisk } from './memory-disk.ts'
import { type TempDir, tempDir } from './temp-dir.ts'

export interface StartOptions {
  /** Settings by their Kafka names. Default: ephemeral ports on the loopback interface, everything else as shipped. */
  readonly config?: Readonly<Record<string, string>>
  /** Keeps all data in memory, on a disk of its own. */
  readonly memory?: boolean
  /** Kept on `stop`. Default: a temporary directory, removed on `stop`. */
  readonly dataDir?: string
  /** Instead of the real one or of `memory`: a disk that outlives the broker, or one with faults. */
  readonly disk?: Disk
  readonly clock?: Clock
  readonly prng?: Prng
}

/** A broker in this process, listening on the loopback interface. */
export interface TestBroker {
  /** For clients: 'host:port'. */
  readonly bootstrap: string
  /** 'http://host:port' of the admin port. */
  readonly adminUrl: string
  readonly dataDir: string
  /** The composed broker, for tests that look inside. */
  readonly broker: Broker
  /** What ended it by itself, such as a failed sync; null while all is well. A process would have ended here. */
  readonly fatal: DiskError | null
  /** In order, as on SIGTERM; removes the data unless it was given. Fine when it was stopped or killed before. */
  stop(): Promise<void>
  /** As near to kill −9 as one process allows: nothing is synced or marked clean. The data stays. */
  kill(): Promise<void>
}

const MEMORY_DIRECTORY = '/data'

const FIXED_LOG_CONTROL: LogControl = {
  rootLevel: 'fatal',
  loggerLevels: new Map(),
  loggerNames: new Set(),
  setLevel() {},
  setLoggerLevel: () => true
}

/**
 * Starts the same broker that `streambus start` runs, without a process of its own. Nothing is left open after `stop`.
 * Throws a sentence that names the setting when the configuration is wrong.
 */
export async function startBroker(options: StartOptions = {}): Promise<TestBroker> {
  const isMemory = options.memory === true || options.disk !== undefined
  const temporary = isMemory || options.dataDir !== undefined ? null : tempDir('broker')
  const dataDir = options.dataDir ?? temporary?.path ?? MEMORY_DIRECTORY
  try {
    return await start(options, { dataDir, temporary, isMemory })
  } catch (error) {
    temporary?.remove()
    throw error
  }
}

async function start(
  options: StartOptions,
  place: { readonly dataDir: string; readonly temporary: TempDir | null; readonly isMemory: boolean }
): Promise<TestBroker> {
  const { dataDir, temporary, isMemory } = place
  const config = await loadConfig({
    flags: {
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'admin.listener': '127.0.0.1:0',
      'log.dirs': dataDir,
      // A test that asks twice wants two answers.
      'metrics.cache.ms': '0',
      ...options.config
    }
  })
  let fatal: DiskError | null = null
  let ended: Promise<void> | null = null
  const end = async (isClean: boolean): Promise<void> => {
    ended ??= broker.stop({ isClean })
    await ended
  }
  const disk = options.disk ?? (isMemory ? new MemoryDisk() : nodeDisk)
  const clock = options.clock ?? nodeClock
  const broker = new Broker({
    config,
    disk,
    clock,
    // A thread cannot see a disk in this one's memory.
    ...(isMemory ? { compaction: inlineRunner(disk, clock) } : {}),
    prng: options.prng ?? nodePrng,
    log: SILENT_LOG,
    logControl: FIXED_LOG_CONTROL,
    version: '0.0.0-test',
    onFatal(error) {
      fatal ??= error
      void end(false)
    }
  })
  const { kafka, admin } = await broker.start()
  return {
    bootstrap: kafka.map(({ host, port }) => `${host}:${port}`).join(','),
    adminUrl: admin === null ? '' : `http://${admin.host}:${admin.port}`,
    dataDir,
    broker,
    get fatal() {
      return fatal
    },
    async stop() {
      await end(true)
      temporary?.remove()
    },
    async kill() {
      await end(false)
    }
  }
}
