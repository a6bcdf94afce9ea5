import type { ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { assignmentText, partitionCount } from '../group/assignment.ts'
import { describeGroups, type GroupDescription, type GroupMember } from '../group/describe-groups.ts'
import { type GroupLag, lagOfGroups } from '../group/partition-lag.ts'
import type { Call } from '../io.ts'
import { bold, printFacts, printJson, printTable } from '../output/table.ts'
import type { Sink } from '../sink.ts'
import { UsageError } from '../usage-error.ts'
import { isWatching, printedLines, type WatchOptions, watchCluster } from '../watch-cluster.ts'

export interface GroupDescribeOptions extends WatchOptions {
  readonly members?: boolean
  readonly state?: boolean
}

/** One group after the other: offsets and lag, or with --members or --state those alone. */
export async function groupDescribe(call: Call<GroupDescribeOptions>): Promise<number> {
  const { io, args, options } = call
  if (options.members && options.state)
    throw new UsageError('--members and --state exclude each other; give one of them')
  const isBrief = options.members === true || options.state === true
  const wanted = [...new Set(args)]
  const look = async (cluster: ClusterClient): Promise<GroupLag[]> => {
    const described = new Map((await describeGroups(cluster, wanted)).map(each => [each.groupId, each]))
    const groups: GroupDescription[] = []
    for (const groupId of wanted) {
      const each = described.get(groupId)
      if (each?.error) throw each.error
      if (each?.group) groups.push(each.group)
    }
    if (isBrief) return groups.map(group => ({ group, partitions: [], totalLag: 0 }))
    return lagOfGroups(cluster, groups)
  }
  const printAll = (sink: Sink, found: readonly GroupLag[]): void => {
    for (const each of found) print(sink, each, options)
  }
  if (isWatching(call)) {
    const frame = async (cluster: ClusterClient): Promise<string[]> => {
      const found = await look(cluster)
      return printedLines(sink => printAll(sink, found))
    }
    await watchCluster(call, { what: wanted.join(', '), frame })
    return ExitCode.ok
  }
  const found = await withCluster(call, look)
  if (!options.json) printAll(io.stdout, found)
  else
    printJson(
      io.stdout,
      found.map(each => toJson(each, isBrief))
    )
  return ExitCode.ok
}

function toJson({ group, partitions, totalLag }: GroupLag, isBrief: boolean) {
  const { groupId, members, ...facts } = group
  const description = { group: groupId, ...facts, members }
  if (isBrief) return description
  return {
    ...description,
    totalLag,
    partitions: partitions.map(({ owner, ...partition }) => ({
      ...partition,
      member: owner?.memberId ?? null,
      client: owner?.clientId ?? null,
      host: owner?.host ?? null
    }))
  }
}

function print(sink: Sink, found: GroupLag, { members, state }: GroupDescribeOptions): void {
  const { group } = found
  sink.line(bold(sink, `Group ${group.groupId}`))
  printFacts(sink, [...facts(group), ...(members || state ? [] : [['lag', found.totalLag] as const])])
  if (members) printMembers(sink, group)
  else if (!state) printPartitions(sink, found)
}

function facts(group: GroupDescription): (readonly [string, string | number])[] {
  const { state, type, protocolType, assignor, coordinator, epoch, assignmentEpoch, members } = group
  return [
    ['state', state],
    ['type', type],
    ['protocol', protocolType || 'none: only stores offsets'],
    ['assignor', assignor || 'none'],
    ['coordinator', `broker ${coordinator}`],
    ...(epoch === null ? [] : [['epoch', `${epoch}, assigned ${assignmentEpoch}`] as const]),
    ['members', members.length]
  ]
}

function printPartitions(sink: Sink, { partitions }: GroupLag): void {
  if (partitions.length === 0) return
  printTable(
    sink,
    [
      { title: 'TOPIC', value: row => row.topic },
      { title: 'PARTITION', value: row => row.partition, align: 'right' },
      { title: 'COMMITTED', value: row => row.committed ?? '-', align: 'right' },
      { title: 'END', value: row => row.end ?? '-', align: 'right' },
      { title: 'LAG', value: row => row.lag ?? '-', align: 'right' },
      { title: 'MEMBER', value: row => row.owner?.memberId ?? '-' },
      { title: 'CLIENT', value: row => row.owner?.clientId ?? '-' },
      { title: 'HOST', value: row => row.owner?.host ?? '-' },
      { title: '', value: row => row.note }
    ],
    partitions
  )
}

function printMembers(sink: Sink, { members, type }: GroupDescription): void {
  if (members.length === 0) return
  const epochs = [
    { title: 'EPOCH', value: (row: GroupMember) => row.epoch ?? '-', align: 'right' as const },
    { title: 'TARGET', value: (row: GroupMember) => assignmentText(row.target ?? []) || '-' }
  ]
  printTable(
    sink,
    [
      { title: 'MEMBER', value: row => row.memberId },
      { title: 'INSTANCE', value: row => row.instanceId ?? '-' },
      { title: 'CLIENT', value: row => row.clientId },
      { title: 'HOST', value: row => row.host },
      {
        title: 'PARTITIONS',
        value: row => (row.assignment === null ? '?' : partitionCount(row.assignment)),
        align: 'right'
      },
      { title: 'ASSIGNMENT', value: memberAssignment },
      ...(type === 'consumer' ? epochs : [])
    ],
    members
  )
}

function memberAssignment({ assignment, assignmentBytes }: GroupMember): string {
  if (assignment === null) return `(${assignmentBytes} bytes)`
  return assignmentText(assignment) || '-'
}
