import { Command, CommanderError } from 'commander'
import { defineCluster } from './definitions/cluster.ts'
import { defineCompletion } from './definitions/completion.ts'
import { defineConfig } from './definitions/config.ts'
import { defineConsume } from './definitions/consume.ts'
import { type Definition, examples, milliseconds } from './definitions/define.ts'
import { defineDoctor } from './definitions/doctor.ts'
import { defineDumpLog } from './definitions/dump-log.ts'
import { defineGroup } from './definitions/group.ts'
import { defineProduce } from './definitions/produce.ts'
import { defineStart } from './definitions/start.ts'
import { defineTop } from './definitions/top.ts'
import { defineTopic } from './definitions/topic.ts'
import { defineVerifyLog } from './definitions/verify-log.ts'
import { EXIT_CODE_HELP, ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { packageVersion } from './version.ts'

const DEFAULT_BOOTSTRAP = '127.0.0.1:9092'
const DEFAULT_TIMEOUT_MS = 30_000

/** Runs one command line (without node and script). Never throws; resolves to the exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const definition: Definition = { io, program: buildProgram(io), run: { exitCode: ExitCode.ok, body: null } }
  for (const define of [
    defineStart,
    defineTopic,
    defineProduce,
    defineConsume,
    defineGroup,
    defineConfig,
    defineCluster,
    defineTop,
    defineDoctor,
    defineDumpLog,
    defineVerifyLog,
    defineCompletion
  ]) {
    define(definition)
  }
  const { program, run } = definition
  try {
    await program.parseAsync([...args], { from: 'user' })
    if (run.body !== null) run.exitCode = await run.body()
    const { failure } = io.stdout
    if (failure !== null) throw new Error(`cannot write to standard output: ${failure.message}`)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    const { reportError } = await import('./errors.ts')
    const { json = false, verbose = false } = program.opts<{ json?: boolean; verbose?: boolean }>()
    return reportError(io, error, { json, verbose })
  }
  return run.exitCode
}

function buildProgram(io: Io): Command {
  const program = new Command('streambus')
    .description('A message broker that speaks the Kafka protocol, and the tool to work with it (and with any Kafka).')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .option('-b, --bootstrap <host:port,…>', 'brokers to ask first (or STREAMBUS_BOOTSTRAP)', bootstrapDefault(io))
    .option('--json', 'JSON on stdout instead of text')
    .option('--timeout <ms>', 'how long one request may take', milliseconds('--timeout'), DEFAULT_TIMEOUT_MS)
    .option('--verbose', 'say on stderr what is tried again, and where errors come from')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'streambus: '))
    })
    .exitOverride()
    .showHelpAfterError('(--help says more)')
    .helpCommand(true)
  return program.addHelpText(
    'after',
    `${examples([
      ['streambus start', 'a broker on 127.0.0.1:9092, data in ./data'],
      ['streambus topic create orders --partitions 3', ''],
      ['streambus produce orders < orders.txt', 'every line becomes a record'],
      ['streambus consume orders --follow', ''],
      ['streambus topic list --json | jq', '--json works everywhere']
    ])}\n\n${EXIT_CODE_HELP}`
  )
}

function bootstrapDefault(io: Io): string {
  return io.env['STREAMBUS_BOOTSTRAP'] || DEFAULT_BOOTSTRAP
}
