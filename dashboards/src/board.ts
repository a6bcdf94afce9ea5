import type { Variable } from './grafana/model.ts'
import type { Section } from './layout.ts'

/** The dashboards by their stable uids, in the order in which links name them: `/d/<uid>` and `<uid>.json`. */
export const BOARDS = {
  'streambus-overview': 'StreamBus Overview',
  'streambus-performance': 'StreamBus Performance',
  'streambus-consumers': 'StreamBus Consumers',
  'streambus-topics': 'StreamBus Topics',
  'streambus-storage': 'StreamBus Storage',
  'streambus-capacity': 'StreamBus Capacity Planning',
  'streambus-security': 'StreamBus Security',
  'streambus-transactions': 'StreamBus Transactions',
  'streambus-cluster': 'StreamBus Cluster',
  'streambus-runtime': 'StreamBus Runtime',
  'streambus-logs': 'StreamBus Logs',
  'streambus-slo': 'StreamBus Service Levels',
  'streambus-monitoring': 'StreamBus Monitoring'
} as const
export type BoardUid = keyof typeof BOARDS

/** What makes a dashboard: the rest is the same for all of them. */
export interface Board {
  readonly uid: BoardUid
  readonly description: string
  /** Besides the data source, job and instance. */
  readonly variables: readonly Variable[]
  readonly sections: readonly Section[]
}
