import { awaitedIn } from '../../../tools/preview/awaited.ts'
import type { AlertRule } from '../../../tools/promql/index.ts'

/** Alerts that no act makes fire, each with the reason. promtool's unit tests show that they would. */
const REASONS: Readonly<Record<string, string>> = {
  BrokersMissing: 'the cluster of a single broker is gone with it',
  RequestHandlerFailed: 'only a fault in the broker does that',
  MetadataErrors: 'the broker ends at such an error',
  MetadataLagHigh: 'a single broker has applied its metadata in the same moment',
  NoActiveController: 'a single broker is its own controller from its first answer to its last',
  BrokerFenced: 'a single broker is never fenced',
  PreferredLeaderImbalance: 'a single broker leads what it should',
  RaftQuorumAtRisk: 'a single voter is the quorum',
  RaftApplyBacklog: 'a single broker has applied its metadata in the same moment',
  RaftProposalsFailing: 'a single broker that cannot write its metadata ends',
  InsecureConnections: 'the shipped policy allows them',
  Watchdog: 'fires always'
}

/** Why an alert is not provoked; null: it must be. */
export function whyUnprovoked({ alert, expr }: AlertRule): string | null {
  const reason = REASONS[alert]
  if (reason !== undefined) return reason
  const awaited = awaitedIn(expr)
  return awaited === null ? null : `there is no ${awaited} yet`
}
