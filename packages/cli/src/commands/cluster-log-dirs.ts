import { describeLogDirsApi } from '@streambus/protocol'
import type { ClusterClient } from '@streambus/wire-client'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { formatBytes } from '../output/format.ts'
import { bold, printJson, printTable } from '../output/table.ts'
import type { Sink } from '../sink.ts'

type Directory = Awaited<ReturnType<typeof describeBroker>>[number]

/** Every log directory of every broker with the size of its partitions. */
export async function clusterLogDirs(call: Call): Promise<number> {
  const { io, options } = call
  const directories = await withCluster(call, async cluster => {
    const { brokers } = await cluster.retry(() => cluster.metadata([]))
    const found: Directory[] = []
    for (const { nodeId } of brokers) found.push(...(await describeBroker(cluster, nodeId)))
    return found
  })
  if (options.json) printJson(io.stdout, directories)
  else for (const directory of directories) print(io.stdout, directory)
  return ExitCode.ok
}

async function describeBroker(cluster: ClusterClient, broker: number) {
  const { errorCode, results } = await cluster.retry(async () =>
    (await cluster.node(broker)).send(describeLogDirsApi, { topics: null })
  )
  check(`broker ${broker}`, { errorCode })
  return results.map(result => {
    check(`log directory ${result.logDir} of broker ${broker}`, result)
    const partitions = result.topics.flatMap(topic =>
      topic.partitions.map(({ partitionIndex, partitionSize }) => ({
        topic: topic.name,
        partition: partitionIndex,
        bytes: partitionSize
      }))
    )
    return {
      broker,
      directory: result.logDir,
      bytes: partitions.reduce((total, { bytes }) => total + bytes, 0),
      diskBytes: result.totalBytes,
      usableBytes: result.usableBytes,
      partitions: partitions.sort((a, b) => b.bytes - a.bytes)
    }
  })
}

function print(sink: Sink, directory: Directory): void {
  const { broker, directory: path, bytes, usableBytes, diskBytes, partitions } = directory
  sink.line(bold(sink, `Broker ${broker}, ${path}`))
  sink.line(
    `${formatBytes(bytes)} in ${partitions.length} partitions; ${formatBytes(usableBytes)} of ${formatBytes(diskBytes)} free`
  )
  printTable(
    sink,
    [
      { title: 'TOPIC', value: row => row.topic },
      { title: 'PARTITION', value: row => row.partition, align: 'right' },
      { title: 'SIZE', value: row => formatBytes(row.bytes), align: 'right' }
    ],
    partitions
  )
}
