import { existsSync } from 'node:fs'
import path from 'node:path'
import type { OpenClient } from './client.ts'
import { run, runOk } from './run.ts'
import { WorkerClient } from './worker-client.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const CLIENTS = path.join(import.meta.dirname, 'clients')
/** Debian puts its packages there; a python3 earlier on the PATH may not see them. */
const PYTHONS = ['/usr/bin/python3', 'python3']

export const openPython: OpenClient = async bootstrap => {
  for (const python of PYTHONS) {
    const client = await WorkerClient.open(python, [path.join(CLIENTS, 'worker.py'), bootstrap])
    if (client !== null) return client
  }
  return 'no python3 with confluent_kafka (apt-get install python3-confluent-kafka)'
}

export const openJava: OpenClient = async bootstrap => {
  const classpath = await kafkaClasspath()
  if (classpath === null) return NO_KAFKA
  const client = await WorkerClient.open('java', ['-cp', classpath, path.join(CLIENTS, 'Worker.java'), bootstrap])
  return client ?? 'java 17 or newer is not on the PATH'
}

export const NO_KAFKA =
  'no Kafka jars: set STREAMBUS_KAFKA_CLASSPATH to the class path of an Apache Kafka distribution (libs/*)'

/**
 * Class path of Apache Kafka's own jars: from the environment, or from the script that fetches them beside this
 * checkout.
 */
export async function kafkaClasspath(): Promise<string | null> {
  const given = process.env['STREAMBUS_KAFKA_CLASSPATH']
  if (given !== undefined) return given
  const script = path.join(REPOSITORY, '../shared/peers/kafka/kafka')
  if (!existsSync(script)) return null
  return (await runOk(script, ['classpath'], { timeoutMs: 120_000 })).toString().trim()
}

export async function hasJava(): Promise<boolean> {
  return (await run('java', ['-version'])).code === 0
}
