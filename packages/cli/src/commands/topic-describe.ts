import type { ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { describeConfigs, ResourceType } from '../config-resource.ts'
import { isChanged } from '../config-source.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { EARLIEST, LATEST, listOffsets } from '../offsets.ts'
import { bold, printFacts, printJson, printTable } from '../output/table.ts'
import type { Sink } from '../sink.ts'

type Description = Awaited<ReturnType<typeof describe>>

/** One topic after the other. */
export async function topicDescribe(call: Call): Promise<number> {
  const { io, args, options } = call
  const descriptions = await withCluster(call, async cluster => {
    const found: Description[] = []
    for (const name of args) found.push(await describe(cluster, name))
    return found
  })
  if (options.json) printJson(io.stdout, descriptions)
  else for (const description of descriptions) print(io.stdout, description)
  return ExitCode.ok
}

async function describe(cluster: ClusterClient, name: string) {
  const topic = await cluster.topic(name)
  const led = topic.partitions.filter(({ leaderId }) => leaderId >= 0).map(({ partitionIndex }) => partitionIndex)
  const first = await listOffsets(cluster, name, { partitions: led, timestampMs: EARLIEST })
  const next = await listOffsets(cluster, name, { partitions: led, timestampMs: LATEST })
  const configs = await describeConfigs(cluster, { type: ResourceType.topic, name })
  return {
    name,
    id: topic.topicId,
    isInternal: topic.isInternal,
    configs: Object.fromEntries(configs.filter(isChanged).map(config => [config.name, config.value])),
    partitions: topic.partitions
      .map(partition => ({
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        inSync: partition.isrNodes,
        offline: partition.offlineReplicas,
        firstOffset: first.get(partition.partitionIndex) ?? null,
        nextOffset: next.get(partition.partitionIndex) ?? null
      }))
      .sort((a, b) => a.partition - b.partition)
  }
}

function print(sink: Sink, { name, id, configs, partitions }: Description): void {
  const settings = Object.entries(configs).map(([setting, value]) => `${setting}=${value ?? ''}`)
  sink.line(bold(sink, `Topic ${name}`))
  printFacts(sink, [
    ['id', id],
    ['partitions', partitions.length],
    ['changed settings', settings.join(', ') || 'none']
  ])
  printTable(
    sink,
    [
      { title: 'PARTITION', value: row => row.partition, align: 'right' },
      { title: 'LEADER', value: row => (row.leader < 0 ? 'none' : row.leader), align: 'right' },
      { title: 'EPOCH', value: row => row.leaderEpoch, align: 'right' },
      { title: 'REPLICAS', value: row => row.replicas.join(',') },
      { title: 'IN SYNC', value: row => row.inSync.join(',') },
      { title: 'FIRST', value: row => row.firstOffset ?? '?', align: 'right' },
      { title: 'NEXT', value: row => row.nextOffset ?? '?', align: 'right' }
    ],
    partitions
  )
}
