import type { MetadataResponse } from '@streambus/protocol'
import { adminAddress } from '../admin-address.ts'
import { getJson } from '../admin-http.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson, printTable } from '../output/table.ts'

interface Check {
  readonly check: string
  readonly isHealthy: boolean
  readonly detail: string
}

const NAMES_MAX = 5

/** What metadata says about partitions, and what the admin port says about the broker. */
export async function clusterHealth(call: Call<{ readonly admin: string }>): Promise<number> {
  const { io, options } = call
  const metadata = await withCluster(call, cluster => cluster.retry(() => cluster.metadata(null)))
  const checks = [...checkMetadata(metadata), ...(options.admin === 'none' ? [] : await checkAdmin(call))]
  const isHealthy = checks.every(check => check.isHealthy)
  if (options.json) printJson(io.stdout, { status: isHealthy ? 'healthy' : 'unhealthy', checks })
  else {
    printTable(
      io.stdout,
      [
        { title: 'CHECK', value: row => row.check },
        { title: 'STATUS', value: row => (row.isHealthy ? 'ok' : 'FAILED') },
        { title: 'DETAIL', value: row => row.detail }
      ],
      checks
    )
  }
  return isHealthy ? ExitCode.ok : ExitCode.failure
}

function checkMetadata({ brokers, controllerId, topics }: MetadataResponse): Check[] {
  const partitions = topics.flatMap(topic =>
    topic.partitions.map(partition => ({ ...partition, name: `${topic.name}-${partition.partitionIndex}` }))
  )
  const leaderless = partitions.filter(({ leaderId }) => leaderId < 0).map(({ name }) => name)
  const lagging = partitions
    .filter(({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length)
    .map(({ name }) => name)
  const controller = brokers.some(({ nodeId }) => nodeId === controllerId)
  return [
    { check: 'brokers', isHealthy: brokers.length > 0, detail: `${brokers.length} answer` },
    { check: 'controller', isHealthy: controller, detail: controller ? `broker ${controllerId}` : 'none' },
    {
      check: 'leaders',
      isHealthy: leaderless.length === 0,
      detail: listed(leaderless, partitions.length, 'have none')
    },
    {
      check: 'replicas',
      isHealthy: lagging.length === 0,
      detail: listed(lagging, partitions.length, 'are not in sync')
    }
  ]
}

function listed(names: readonly string[], total: number, what: string): string {
  if (names.length === 0) return `all ${total} partitions`
  const more = names.length > NAMES_MAX ? ', …' : ''
  return `${names.length} of ${total} partitions ${what}: ${names.slice(0, NAMES_MAX).join(', ')}${more}`
}

async function checkAdmin({ options }: Call<{ readonly admin: string }>): Promise<Check[]> {
  const body = await getJson(adminAddress(options.admin, "HOST:PORT or 'none'"), '/health', options.timeout)
  const { checks } = body as { checks?: Record<string, unknown> }
  if (typeof checks !== 'object' || checks === null) {
    throw new Error(`http://${options.admin}/health is not a StreamBus admin port: its answer has no checks`)
  }
  return Object.entries(checks).map(([check, value]) => {
    const detail = String(value)
    // A warning is for people: nothing is refused.
    return { check, isHealthy: detail === 'ok' || detail.startsWith('warning:'), detail }
  })
}
