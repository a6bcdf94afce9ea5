import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson, printTable } from '../output/table.ts'

/** All topics by name. Internal ones only when asked for. */
export async function topicList(call: Call<{ readonly internal?: boolean }>): Promise<number> {
  const { io, options } = call
  const { topics } = await withCluster(call, cluster => cluster.retry(() => cluster.metadata(null)))
  const rows = topics
    .filter(topic => options.internal || !topic.isInternal)
    .map(topic => ({
      name: topic.name ?? '',
      id: topic.topicId,
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicaNodes.length ?? 0,
      isInternal: topic.isInternal
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (options.json) printJson(io.stdout, rows)
  else if (rows.length === 0) io.stderr.line('no topics yet; create one with `streambus topic create NAME`')
  else {
    printTable(
      io.stdout,
      [
        { title: 'TOPIC', value: row => row.name },
        { title: 'PARTITIONS', value: row => row.partitions, align: 'right' },
        { title: 'REPLICAS', value: row => row.replicationFactor, align: 'right' },
        { title: 'ID', value: row => row.id }
      ],
      rows
    )
  }
  return ExitCode.ok
}
