import type { ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { describeGroups } from '../group/describe-groups.ts'
import { listGroups } from '../group/list-groups.ts'
import type { Call } from '../io.ts'
import { type Column, printJson, printTable } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'
import { isWatching, printedLines, type WatchOptions, watchCluster } from '../watch-cluster.ts'

export interface GroupListOptions extends WatchOptions {
  readonly state?: readonly string[]
  readonly type?: readonly string[]
}

const STATES = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Empty',
  'Dead',
  'Assigning',
  'Reconciling',
  'NotReady'
]
const TYPES = ['classic', 'consumer', 'share', 'streams']

interface Row {
  readonly group: string
  readonly state: string
  readonly type: string
  readonly protocolType: string
  readonly members: number | null
}

/** All groups by name, or those of the wanted states and types; once, or with --watch until interrupted. */
export async function groupList(call: Call<GroupListOptions>): Promise<number> {
  const { io, options } = call
  const isState = filterOf(options.state, '--state', STATES)
  const isType = filterOf(options.type, '--type', TYPES)
  const look = async (cluster: ClusterClient): Promise<Row[]> => {
    const listed = (await listGroups(cluster)).filter(({ type }) => isType(type))
    const ids = listed.map(({ groupId }) => groupId)
    const groups = new Map((await describeGroups(cluster, ids)).map(({ groupId, group }) => [groupId, group]))
    const rows = listed.map(({ groupId, state, type, protocolType }) => {
      const group = groups.get(groupId)
      // Brokers before Kafka 2.6 list no states.
      const known = state || (group?.state ?? '')
      return { group: groupId, state: known, type, protocolType, members: group?.members.length ?? null }
    })
    return rows.filter(({ state }) => isState(state))
  }
  const lines = (rows: readonly Row[]) =>
    rows.length === 0 ? [noneText(options)] : printedLines(sink => printTable(sink, COLUMNS, rows))
  if (isWatching(call)) {
    await watchCluster(call, { what: 'groups', frame: async cluster => lines(await look(cluster)) })
    return ExitCode.ok
  }
  const rows = await withCluster(call, look)
  if (options.json) printJson(io.stdout, rows)
  else if (rows.length === 0) io.stderr.line(noneText(options))
  else printTable(io.stdout, COLUMNS, rows)
  return ExitCode.ok
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'GROUP', value: row => row.group },
  { title: 'STATE', value: row => row.state || '?' },
  { title: 'TYPE', value: row => row.type },
  { title: 'PROTOCOL', value: row => row.protocolType || '-' },
  { title: 'MEMBERS', value: row => row.members ?? '?', align: 'right' }
]

function noneText({ state, type }: GroupListOptions): string {
  if (state !== undefined || type !== undefined)
    return 'no group of that state and type; `streambus group list` shows all'
  return 'no groups yet; one begins when a consumer joins it or commits offsets for it'
}

/** Upper and lower case are the same; several values by commas or by repeating. Throws UsageError. */
function filterOf(
  wanted: readonly string[] | undefined,
  option: string,
  allowed: readonly string[]
): (value: string) => boolean {
  if (wanted === undefined) return () => true
  const values = wanted.flatMap(text => text.split(',')).map(text => text.trim())
  const names = new Map(allowed.map(name => [name.toLowerCase(), name]))
  for (const value of values) {
    if (names.has(value.toLowerCase())) continue
    throw new UsageError(`${option} is '${value}'; one or more of ${allowed.join(', ')} are expected`)
  }
  const chosen = new Set(values.map(value => value.toLowerCase()))
  return value => chosen.has(value.toLowerCase())
}
