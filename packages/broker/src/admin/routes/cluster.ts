import type { BrokerView } from '../../observability/broker-view.ts'
import { json, type Route } from '../route.ts'

export function clusterRoute(view: BrokerView): Route {
  return {
    method: 'GET',
    path: '/api/v1/cluster',
    summary: "brokers, controller, and this broker's part",
    handle() {
      const { clusterId, controllerId, brokers, term, commitIndex } = view.cluster()
      const { topics, partitions, replicas } = view.counts()
      return json(200, {
        cluster_id: clusterId,
        controller_id: controllerId,
        term,
        commit_index: commitIndex,
        brokers: brokers.map(({ id, host, port, rack, isFenced }) => ({ id, host, port, rack, fenced: isFenced })),
        topics,
        partitions,
        replicas,
        this_broker: {
          id: view.brokerId,
          version: view.version,
          status: view.status(),
          listeners: view.listeners().map(({ name, host, port }) => ({ name, host, port })),
          log_dirs: view.logDirectories().map(({ path, usedBytes, space, error }) => ({
            path,
            used_bytes: usedBytes,
            available_bytes: space?.availableBytes ?? null,
            total_bytes: space?.totalBytes ?? null,
            error
          }))
        }
      })
    }
  }
}
