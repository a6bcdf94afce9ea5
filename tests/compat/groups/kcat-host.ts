import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import { run } from '../run.ts'
import type { FindGroupClient, GroupHost, JoinOptions, MemberEvent } from './member.ts'

type Watch = (event: MemberEvent) => void

/** kcat -G, a process per member; all of them end when the host is killed. What it prints is all that it tells. */
class KcatHost implements GroupHost {
  readonly #bootstrap: string
  readonly #watch: Watch
  readonly #children = new Map<string, ChildProcessWithoutNullStreams>()

  constructor(bootstrap: string, watch: Watch) {
    this.#bootstrap = bootstrap
    this.#watch = watch
  }

  async join(member: string, options: JoinOptions): Promise<void> {
    const child = spawn('kcat', kcatArguments(this.#bootstrap, options), { stdio: 'pipe' })
    this.#children.set(member, child)
    readline.createInterface({ input: child.stderr }).on('line', line => this.#rebalanced(member, line))
    readline.createInterface({ input: child.stdout }).on('line', line => {
      const [partition = '', offset = ''] = line.split(' ')
      const read = { partition: Number(partition), offsets: [Number(offset)] }
      this.#watch({ event: 'records', member, atMs: Date.now(), ...read })
    })
  }

  /** `% Group g rebalanced (memberid m): assigned: topic [0], topic [1]` */
  #rebalanced(member: string, line: string): void {
    const [, kind, places = ''] = /^% Group .* rebalanced .*: (assigned|revoked): (.*)$/.exec(line) ?? []
    if (kind === undefined) return
    const partitions = [...places.matchAll(/\[(\d+)\]/g)].map(([, partition]) => Number(partition))
    if (partitions.length === 0) return
    const event = kind as 'assigned' | 'revoked'
    this.#watch({ event, member, atMs: Date.now(), partitions, generation: null })
  }

  async leave(member: string): Promise<void> {
    await this.#end(member, 'SIGTERM')
  }

  async #end(member: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(member)
    this.#children.delete(member)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }

  async commit(): Promise<never> {
    throw new Error('kcat commits by itself only')
  }

  async committed(): Promise<never> {
    throw new Error('kcat cannot be asked')
  }

  async seek(): Promise<never> {
    throw new Error('kcat cannot seek in a group')
  }

  async kill(): Promise<void> {
    await this.#endAll('SIGKILL')
  }

  async close(): Promise<void> {
    await this.#endAll('SIGTERM')
  }

  async #endAll(signal: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.#children.keys()].map(async member => this.#end(member, signal)))
  }
}

function kcatArguments(bootstrap: string, options: JoinOptions): string[] {
  const settings = [
    'auto.offset.reset=earliest',
    'auto.commit.interval.ms=200',
    `session.timeout.ms=${options.sessionTimeoutMs ?? 6000}`,
    'heartbeat.interval.ms=500',
    'fetch.wait.max.ms=100',
    'reconnect.backoff.max.ms=500',
    'partition.assignment.strategy=range'
  ]
  if (options.instanceId !== undefined) settings.push(`group.instance.id=${options.instanceId}`)
  const given = settings.flatMap(setting => ['-X', setting])
  // -E: without it kcat ends when the broker is away.
  return ['-b', bootstrap, '-u', '-E', '-f', '%p %o\\n', ...given, '-G', options.group, options.topic]
}

export const findKcat: FindGroupClient = async () => {
  const { code, stdout } = await run('kcat', ['-V'])
  if (code !== 0) return 'kcat is not on the PATH (apt-get install kcat)'
  const [, version = '?'] = /Version (\S+)/.exec(stdout.toString()) ?? []
  return {
    name: `kcat ${version} -G, classic`,
    protocol: 'classic',
    // Its rebalance callback assigns all at once, which the cooperative protocol refuses.
    abilities: ['static', 'staticLeave'],
    dropsWhenLeaving: true,
    // Its lines are dated when they are read here.
    clockSlackMs: 250,
    open: async (bootstrap, watch) => new KcatHost(bootstrap, watch)
  }
}
