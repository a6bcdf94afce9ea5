import type { ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { describeGroups, type GroupDescription, isUnknownGroup } from '../group/describe-groups.ts'
import { hasCommittedOffsets, listGroups } from '../group/list-groups.ts'
import { type GroupLag, lagOfGroups } from '../group/partition-lag.ts'
import type { Call } from '../io.ts'
import { bold, printJson, renderTable } from '../output/table.ts'
import { isWatching, type WatchOptions, watchCluster } from '../watch-cluster.ts'

/** Lag of groups in total and by partition, the largest first; once, or with --watch until interrupted. */
export async function groupLag(call: Call<WatchOptions>): Promise<number> {
  const { io, options } = call
  if (isWatching(call)) {
    const what = call.args.length === 0 ? 'all groups' : call.args.join(', ')
    await watchCluster(call, {
      what,
      frame: async cluster => frameLines(await measure(call, cluster), io.stdout.size.columns)
    })
    return ExitCode.ok
  }
  const found = await withCluster(call, cluster => measure(call, cluster))
  if (options.json) printJson(io.stdout, found.map(toJson))
  else if (found.length === 0) io.stderr.line(NO_GROUPS)
  else {
    for (const [index, table] of tables(found).entries()) {
      const [title = '', ...lines] = table
      if (index > 0) io.stdout.line('')
      io.stdout.line(bold(io.stdout, title))
      for (const line of lines) io.stdout.line(line)
    }
  }
  return ExitCode.ok
}

const NO_GROUPS = 'no groups yet; one begins when a consumer joins it or commits offsets for it'

function frameLines(found: readonly GroupLag[], columns: number): string[] {
  if (found.length === 0) return [NO_GROUPS]
  return tables(found, columns).flatMap((table, index) => (index === 0 ? table : ['', ...table]))
}

/** The named groups, which must exist, or all; the largest total first. */
async function measure({ io, args }: Call, cluster: ClusterClient): Promise<GroupLag[]> {
  const named = [...new Set(args)]
  const ids =
    named.length > 0 ? named : (await listGroups(cluster)).filter(hasCommittedOffsets).map(each => each.groupId)
  const groups: GroupDescription[] = []
  for (const described of await describeGroups(cluster, ids)) {
    if (described.group !== null) groups.push(described.group)
    else if (named.length > 0) throw described.error
    // One that ended since it was listed is no trouble.
    else if (!isUnknownGroup(described)) io.stderr.line(`streambus: ${described.error.message}`)
  }
  const found = await lagOfGroups(cluster, groups)
  return found.sort((a, b) => b.totalLag - a.totalLag || (a.group.groupId < b.group.groupId ? -1 : 1))
}

function toJson({ group, partitions, totalLag }: GroupLag) {
  return {
    group: group.groupId,
    state: group.state,
    totalLag,
    partitions: [...partitions].sort(byLag).map(({ owner, ...partition }) => ({
      ...partition,
      member: owner?.memberId ?? null
    }))
  }
}

function byLag(a: { readonly lag: number | null }, b: { readonly lag: number | null }): number {
  return (b.lag ?? -1) - (a.lag ?? -1)
}

/** Totals by group, then partitions. Names are cut so that numbers stay within `columns`. */
function tables(found: readonly GroupLag[], columns?: number): string[][] {
  const rows = found.flatMap(({ group, partitions }) =>
    partitions.map(partition => ({ ...partition, group: group.groupId }))
  )
  const totals = renderTable(
    [
      { title: 'GROUP', value: row => row.group.groupId, cuts: true },
      { title: 'STATE', value: row => row.group.state },
      { title: 'MEMBERS', value: row => row.group.members.length, align: 'right' },
      { title: 'PARTITIONS', value: row => row.partitions.length, align: 'right' },
      { title: 'TOTAL LAG', value: row => row.totalLag, align: 'right' },
      { title: 'LARGEST', value: row => Math.max(0, ...row.partitions.map(({ lag }) => lag ?? 0)), align: 'right' }
    ],
    found,
    columns
  )
  if (rows.length === 0) return [totals]
  const partitions = renderTable(
    [
      { title: 'GROUP', value: row => row.group, cuts: true },
      { title: 'TOPIC', value: row => row.topic, cuts: true },
      { title: 'PARTITION', value: row => row.partition, align: 'right' },
      { title: 'COMMITTED', value: row => row.committed ?? '-', align: 'right' },
      { title: 'END', value: row => row.end ?? '-', align: 'right' },
      { title: 'LAG', value: row => row.lag ?? '-', align: 'right' },
      { title: 'CLIENT', value: row => row.owner?.clientId ?? '-', cuts: true },
      { title: '', value: row => row.note }
    ],
    rows.sort(byLag),
    columns
  )
  return [totals, partitions]
}
