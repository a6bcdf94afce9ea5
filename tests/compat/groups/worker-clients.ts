import path from 'node:path'
import { kafkaClasspath, NO_KAFKA } from '../runtimes.ts'
import type { Ability, FindGroupClient, GroupClient, GroupProtocol } from './member.ts'
import { NO_PYTHON_CLIENTS, pythonWithClients } from './python-clients.ts'
import { WorkerHost } from './worker-host.ts'

const WORKERS = path.join(import.meta.dirname, 'workers')

interface WorkerOptions {
  readonly command: readonly string[]
  readonly protocol: GroupProtocol
  readonly abilities: readonly Ability[]
  /** Why its process does not come up. */
  readonly reason: string
}

/** Starts one worker to learn whether it can, and its version. */
async function worker({ command, protocol, abilities, reason }: WorkerOptions): Promise<GroupClient | string> {
  const start = async (bootstrap: string, watch: Parameters<GroupClient['open']>[1]): Promise<WorkerHost> => {
    const host = await WorkerHost.open([...command, bootstrap, protocol], watch)
    if (host === null) throw new Error(reason)
    return host
  }
  const trial = await start('127.0.0.1:1', () => undefined).catch(() => null)
  if (trial === null) return reason
  await trial.close()
  return { name: `${trial.version}, ${protocol}`, protocol, abilities, clockSlackMs: 0, open: start }
}

function script(file: string): string {
  return path.join(WORKERS, file)
}

export const findKafkaJs: FindGroupClient = async () =>
  worker({
    command: [process.execPath, script('kafkajs-main.ts')],
    protocol: 'classic',
    abilities: ['commit', 'committed', 'metadata', 'seek'],
    reason: 'kafkajs comes with this repository'
  })

export const findPlatformatic = (protocol: GroupProtocol): FindGroupClient => {
  return async () =>
    worker({
      command: [process.execPath, script('platformatic-main.ts')],
      protocol,
      // It always says that it leaves, and only a classic group lets another take a dead member's place at once.
      abilities: [...(protocol === 'classic' ? (['static'] as const) : []), 'cooperative', 'commit', 'committed'],
      reason: '@platformatic/kafka comes with this repository'
    })
}

export const findJava = (protocol: GroupProtocol): FindGroupClient => {
  return async () => {
    const classpath = await kafkaClasspath()
    if (classpath === null) return NO_KAFKA
    return worker({
      command: ['java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', classpath, script('Members.java')],
      protocol,
      abilities: ['static', 'staticLeave', 'cooperative', 'commit', 'commitAsync', 'committed', 'metadata', 'seek'],
      reason: 'java 17 or newer is not on the PATH'
    })
  }
}

/** Debian's, whose librdkafka knows classic groups only. */
export const findDebianPython: FindGroupClient = async () =>
  worker({
    command: ['/usr/bin/python3', script('confluent.py')],
    protocol: 'classic',
    abilities: ['static', 'staticLeave', 'cooperative', 'commit', 'commitAsync', 'committed', 'seek'],
    reason: 'no confluent_kafka in /usr/bin/python3 (apt-get install python3-confluent-kafka)'
  })

/** The newest librdkafka, for both protocols. */
export const findLibrdkafka = (protocol: GroupProtocol): FindGroupClient => {
  return async () => {
    const python = await pythonWithClients()
    if (python === null) return NO_PYTHON_CLIENTS
    return worker({
      command: [python, script('confluent.py')],
      protocol,
      abilities: ['static', 'staticLeave', 'cooperative', 'commit', 'commitAsync', 'committed', 'metadata', 'seek'],
      reason: NO_PYTHON_CLIENTS
    })
  }
}

export const findKafkaPython: FindGroupClient = async () => {
  const python = await pythonWithClients()
  if (python === null) return NO_PYTHON_CLIENTS
  return worker({
    command: [python, script('kafka_python.py')],
    protocol: 'classic',
    abilities: ['static', 'staticLeave', 'cooperative', 'commit', 'commitAsync', 'committed', 'metadata', 'seek'],
    reason: NO_PYTHON_CLIENTS
  })
}
