import type { Finding, State } from './finding.ts'
import type { Gathered } from './gathered.ts'
import { judgeClients } from './judge-clients.ts'
import { judgeClock } from './judge-clock.ts'
import { judgeConfig } from './judge-config.ts'
import { judgeGroups } from './judge-groups.ts'
import { judgeLimits } from './judge-limits.ts'
import { judgeAdvertised } from './judge-listeners.ts'
import { judgeAdminIdentity, judgeBootstrap, judgeHealth } from './judge-ports.ts'
import { judgeRequests } from './judge-requests.ts'
import { judgeRuntime } from './judge-runtime.ts'
import { judgeDisks, judgePartitions } from './judge-storage.ts'
import { judgeTopics } from './judge-topics.ts'

const JUDGES: readonly ((gathered: Gathered) => Finding[])[] = [
  ({ bootstrap }) => judgeBootstrap(bootstrap),
  ({ admin }) => judgeHealth(admin),
  judgeAdminIdentity,
  judgeAdvertised,
  judgePartitions,
  judgeDisks,
  judgeLimits,
  judgeRuntime,
  judgeRequests,
  judgeClock,
  judgeConfig,
  judgeTopics,
  judgeGroups,
  judgeClients
]

/** Every check, in the order in which people should read them. Pure. */
export function examine(gathered: Gathered): Finding[] {
  return JUDGES.flatMap(judge => judge(gathered))
}

export type Tally = Readonly<Record<State, number>>

export function tally(findings: readonly Finding[]): Tally {
  const count = (state: State): number => findings.filter(finding => finding.state === state).length
  return { failed: count('failed'), warning: count('warning'), ok: count('ok'), skipped: count('skipped') }
}
