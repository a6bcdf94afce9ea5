import { describeClusterApi } from '@streambus/protocol'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printFacts, printJson, printTable } from '../output/table.ts'

/** Cluster id, controller and brokers, as the first broker that answers sees them. */
export async function clusterDescribe(call: Call): Promise<number> {
  const { io, options } = call
  const answer = await withCluster(call, cluster =>
    cluster.sendToAny(describeClusterApi, { includeClusterAuthorizedOperations: false })
  )
  check('cluster', answer)
  const brokers = answer.brokers
    .map(({ brokerId, host, port, rack }) => ({
      id: brokerId,
      host,
      port,
      rack,
      isController: brokerId === answer.controllerId
    }))
    .sort((a, b) => a.id - b.id)
  if (options.json) {
    printJson(io.stdout, { clusterId: answer.clusterId, controllerId: answer.controllerId, brokers })
    return ExitCode.ok
  }
  printFacts(io.stdout, [
    ['cluster', answer.clusterId],
    ['controller', answer.controllerId < 0 ? 'none' : `broker ${answer.controllerId}`]
  ])
  printTable(
    io.stdout,
    [
      { title: 'BROKER', value: row => row.id, align: 'right' },
      { title: 'HOST', value: row => row.host },
      { title: 'PORT', value: row => row.port, align: 'right' },
      { title: 'RACK', value: row => row.rack ?? '-' },
      { title: '', value: row => (row.isController ? 'controller' : '') }
    ],
    brokers
  )
  return ExitCode.ok
}
