import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { describeGroups } from '../group/describe-groups.ts'
import { listGroups } from '../group/list-groups.ts'
import type { Call } from '../io.ts'
import { printJson, printTable } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'

export interface GroupListOptions {
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

/** All groups by name, or those of the wanted states and types. */
export async function groupList(call: Call<GroupListOptions>): Promise<number> {
  const { io, options } = call
  const isState = filterOf(options.state, '--state', STATES)
  const isType = filterOf(options.type, '--type', TYPES)
  const rows = await withCluster(call, async cluster => {
    const listed = (await listGroups(cluster)).filter(({ type }) => isType(type))
    const described = await describeGroups(
      cluster,
      listed.map(({ groupId }) => groupId)
    )
    const groups = new Map(described.map(({ groupId, group }) => [groupId, group]))
    return listed
      .map(({ groupId, state, type, protocolType }) => ({
        group: groupId,
        // Brokers before Kafka 2.6 list no states.
        state: state || (groups.get(groupId)?.state ?? ''),
        type,
        protocolType,
        members: groups.get(groupId)?.members.length ?? null
      }))
      .filter(({ state }) => isState(state))
  })
  if (options.json) printJson(io.stdout, rows)
  else if (rows.length === 0) io.stderr.line(noneText(options))
  else {
    printTable(
      io.stdout,
      [
        { title: 'GROUP', value: row => row.group },
        { title: 'STATE', value: row => row.state || '?' },
        { title: 'TYPE', value: row => row.type },
        { title: 'PROTOCOL', value: row => row.protocolType || '-' },
        { title: 'MEMBERS', value: row => row.members ?? '?', align: 'right' }
      ],
      rows
    )
  }
  return ExitCode.ok
}

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
