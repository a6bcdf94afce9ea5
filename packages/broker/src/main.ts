import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { DiskError } from '@streambus/base'
import { nodeClock, nodeDisk, nodePrng } from '@streambus/base/node'
import { createBrokerMetrics } from '@streambus/metrics'
import { Broker } from './broker.ts'
import { ConfigErrors } from './config/errors.ts'
import { type Config, loadConfig } from './config/load.ts'
import { endProcess } from './end-process.ts'
import { bindLogLines } from './observability/bind-log-lines.ts'
import { isLogLevel } from './observability/log.ts'
import { createPinoLog } from './observability/pino-log.ts'
import { revisionIn } from './revision.ts'

const EXIT_OK = 0
const EXIT_FAILED = 1
const EXIT_CONFIG = 2
const EXIT_DISK = 74
const STDERR = 2
const SAME_SIGNAL_MS = 500

export interface RunOptions {
  readonly configFile?: string
  /** Settings by name; they win over environment and file. */
  readonly flags?: Readonly<Record<string, string>>
}

/**
 * Runs a broker until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean stop, 1 when the start
 * failed, 2 for a wrong configuration. A second signal, a failed disk or a bug end the process at once.
 */
export async function runBroker(options: RunOptions): Promise<number> {
  let config: Config
  try {
    config = await readConfig(options)
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    fs.writeSync(STDERR, `${error.message}\n`)
    return EXIT_CONFIG
  }
  const stopRequested = untilSignal()
  const broker = createBroker(config)
  try {
    const { kafka, admin } = await broker.start()
    fs.writeSync(1, `${readyLine(kafka, admin)}\n`)
  } catch (error) {
    fs.writeSync(STDERR, `${startFailure(error)}\n`)
    return EXIT_FAILED
  }
  await stopRequested
  await broker.stop()
  return EXIT_OK
}

function createBroker(config: Config): Broker {
  const { values } = config
  const version = packageVersion()
  const metrics = createBrokerMetrics(nodeClock, values['metrics.enabled'])
  const lines = bindLogLines(metrics)
  const level = values['log.level']
  const { log, control } = createPinoLog({
    level: isLogLevel(level) ? level : 'info',
    destination: STDERR,
    clock: nodeClock,
    version,
    environment: values['environment'],
    brokerId: values['node.id'],
    clusterId: () => broker.clusterId,
    onLine: level => lines.written(level)
  })
  const die = (code: number) => (error: unknown) => {
    log.fatal('the broker ends itself', {
      event: 'fatal',
      err: error instanceof Error ? error : new Error(String(error))
    })
    // Not process.abort: the log line is written, and a core dump of the page cache helps nobody.
    endProcess(code)
  }
  process.on('uncaughtException', die(EXIT_FAILED))
  process.on('unhandledRejection', die(EXIT_FAILED))
  const broker: Broker = new Broker({
    config,
    disk: nodeDisk,
    clock: nodeClock,
    prng: nodePrng,
    log,
    logControl: control,
    version,
    revision: revisionIn(nodeDisk, path.join(import.meta.dirname, '../../..')),
    metrics,
    onFatal: die(EXIT_DISK)
  })
  return broker
}

/** Resolves on the first signal; a second one ends the process at once. */
function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstMs = -1
  const onSignal = (): void => {
    const nowMs = nodeClock.monotonicMs()
    // One Ctrl-C under npm arrives twice: from the terminal and, milliseconds later, from npm.
    if (firstMs >= 0 && nowMs - firstMs > SAME_SIGNAL_MS) process.exit(EXIT_FAILED)
    if (firstMs < 0) firstMs = nowMs
    resolve()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return promise
}

function readConfig({ configFile, flags = {} }: RunOptions): Promise<Config> {
  const environment = process.env
  if (configFile === undefined) return loadConfig({ environment, flags })
  let fileText: string
  try {
    fileText = fs.readFileSync(configFile, 'utf8')
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException
    throw new ConfigErrors([`--config ${configFile}: cannot be read (${code}); check the path and its permissions`])
  }
  return loadConfig({ filePath: configFile, fileText, environment, flags })
}

function startFailure(error: unknown): string {
  if (error instanceof DiskError) return `the broker cannot start: ${error.message}`
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    return `the broker cannot start: ${message}: another process has the port; stop it or set listeners / admin.listener`
  }
  return `the broker cannot start: ${message}`
}

function readyLine(
  kafka: readonly { host: string; port: number }[],
  admin: { host: string; port: number } | null
): string {
  const text = ({ host, port }: { host: string; port: number }): string =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const where = admin === null ? 'admin port off' : `admin http://${text(admin)}`
  return `streambus ready: kafka ${kafka.map(text).join(', ')}, ${where}`
}

function packageVersion(): string {
  const require = createRequire(import.meta.url)
  return (require('../package.json') as { version: string }).version
}
