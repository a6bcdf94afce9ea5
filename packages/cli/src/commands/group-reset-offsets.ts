import { Errors } from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { commitOffsets, fetchCommitted, type PartitionOffset } from '../group/committed-offsets.ts'
import { describeGroups, type GroupDescription, isUnknownGroup } from '../group/describe-groups.ts'
import { formatOffset, type OffsetsFile, readOffsetsFile } from '../group/offsets-file.ts'
import { planReset, type ResetPlan, type ResetRow } from '../group/reset-plan.ts'
import { parseTarget, type ResetTarget, type TargetOptions } from '../group/reset-target.ts'
import { parseTopics, resolveTopics, type TopicSelection } from '../group/topic-selection.ts'
import type { Call } from '../io.ts'
import { printable } from '../output/format.ts'
import { printJson, printTable } from '../output/table.ts'
import { UsageError } from '../usage-error.ts'

export interface GroupResetOptions extends TargetOptions {
  readonly topic?: readonly string[]
  readonly allTopics?: boolean
  readonly execute?: boolean
  readonly dryRun?: boolean
}

/** Everything the command line says, checked before a broker is asked. */
interface Order {
  readonly groupId: string
  readonly target: ResetTarget
  /** Null: what the group has committed, or what the file names. */
  readonly topics: TopicSelection | null
  readonly file: OffsetsFile
}

type ResetCall = Call<GroupResetOptions>

const NO_FILE: OffsetsFile = { offsets: [], otherCount: 0 }
const NAMES_MAX = 3

/** Shows what would be committed for a group without members, and with --execute commits it. */
export async function groupResetOffsets(call: ResetCall): Promise<number> {
  const { io, options } = call
  const order = await readOrder(call)
  const { groupId, target } = order
  const isDone = options.execute === true
  const { plan, failed } = await withCluster(call, async cluster => {
    const isNew = target.kind !== 'current' && (await requireNoMembers(cluster, groupId))
    const made = await makePlan(cluster, order)
    if (isNew) made.warnings.push(`group ${groupId} does not exist yet; committing offsets makes it`)
    const commits = made.rows.map(({ topic, partition, new: offset }) => ({ topic, partition, offset }))
    return { plan: made, failed: isDone ? await commitOffsets(cluster, groupId, commits) : [] }
  })
  for (const warning of plan.warnings) io.stderr.line(`streambus: warning: ${printable(warning)}`)
  const rows = plan.rows.filter(
    row => !failed.some(({ topic, partition }) => topic === row.topic && partition === row.partition)
  )
  report(call, rows)
  if (failed[0] !== undefined) throw failed[0].error
  return ExitCode.ok
}

async function readOrder({ io, args, options }: ResetCall): Promise<Order> {
  const groupId = args[0] as string
  const { topic: texts, allTopics = false } = options
  if (options.execute && options.dryRun)
    throw new UsageError('--execute and --dry-run exclude each other; give one of them')
  if (options.export && options.json) {
    throw new UsageError('--export prints CSV and --json JSON; give one of them')
  }
  const target = parseTarget(options, io.clock.wallMs())
  if (target.kind === 'current' && options.execute) {
    throw new UsageError(
      '--export alone changes nothing, so there is nothing to --execute; say where the offsets should go'
    )
  }
  if (texts !== undefined && allTopics)
    throw new UsageError('--topic and --all-topics exclude each other; give one of them')
  if (target.kind === 'file') {
    if (texts !== undefined)
      throw new UsageError('--topic and --from-file exclude each other: the file names the topics')
    return { groupId, target, topics: null, file: await readOffsetsFile(target.path, groupId) }
  }
  if (texts === undefined && !allTopics) {
    throw new UsageError(
      'nothing says which topics: give --topic TOPIC, --topic TOPIC:0,1,2, or --all-topics for all that the group has committed'
    )
  }
  return { groupId, target, topics: texts === undefined ? null : parseTopics(texts), file: NO_FILE }
}

/** Throws BrokerError NON_EMPTY_GROUP while somebody is in the group. Returns whether the group does not exist yet. */
async function requireNoMembers(cluster: ClusterClient, groupId: string): Promise<boolean> {
  const [described] = await describeGroups(cluster, [groupId])
  if (described === undefined || isUnknownGroup(described)) return true
  if (described.error !== null) throw described.error
  const { state, members } = described.group
  if (members.length === 0 && (state === 'Empty' || state === 'Dead')) return false
  throw new BrokerError(
    Errors.NON_EMPTY_GROUP,
    `group ${groupId}`,
    `has ${members.length} member(s) and is ${state}; offsets can be reset only while nobody is in it: stop ${namesOf(members)}, wait until they have left (a crashed one, until its session times out), then try again`
  )
}

function namesOf(members: GroupDescription['members']): string {
  if (members.length === 0) return 'its consumers'
  const names = members.slice(0, NAMES_MAX).map(({ clientId, host }) => `${clientId} on ${host}`)
  return members.length > NAMES_MAX ? `${names.join(', ')} and ${members.length - NAMES_MAX} more` : names.join(', ')
}

async function makePlan(cluster: ClusterClient, { groupId, target, topics, file }: Order) {
  const committed = (await fetchCommitted(cluster, [groupId])).flatMap(({ offsets }) => offsets)
  const isFile = target.kind === 'file'
  const partitions =
    topics === null ? partitionsOf(isFile ? file.offsets : committed) : await resolveTopics(cluster, topics)
  if (partitions.size === 0) throw nothingToDo(groupId, isFile, file)
  const skipsMissing = topics === null && !isFile
  const plan = await planReset(cluster, { target, partitions, committed, fromFile: file.offsets, skipsMissing })
  const warnings = [...plan.warnings]
  if (file.otherCount > 0) warnings.push(`${file.otherCount} line(s) of the file are for other groups and left out`)
  return { rows: plan.rows, warnings } satisfies ResetPlan
}

function nothingToDo(groupId: string, isFile: boolean, { otherCount }: OffsetsFile): UsageError {
  if (!isFile) {
    return new UsageError(`--all-topics: group ${groupId} has committed nothing; name the topics with --topic TOPIC`)
  }
  const others = otherCount > 0 ? `, only ${otherCount} line(s) for other groups` : ''
  return new UsageError(`--from-file holds no offsets for group ${groupId}${others}`)
}

function partitionsOf(offsets: readonly PartitionOffset[]): Map<string, number[]> {
  const topics = Map.groupBy(offsets, ({ topic }) => topic)
  return new Map([...topics].map(([topic, all]) => [topic, all.map(({ partition }) => partition)]))
}

function report({ io, args, options }: ResetCall, rows: readonly ResetRow[]): void {
  const isDone = options.execute === true
  if (options.json) {
    const partitions = rows.map(({ topic, partition, old, new: taken, wanted, start, end }) => {
      return { topic, partition, old, new: taken, wanted, start, end }
    })
    printJson(io.stdout, { group: args[0], executed: isDone, partitions })
    return
  }
  if (options.export) {
    for (const { topic, partition, new: offset } of rows) io.stdout.line(formatOffset({ topic, partition, offset }))
    return
  }
  printTable(
    io.stdout,
    [
      { title: 'TOPIC', value: row => row.topic },
      { title: 'PARTITION', value: row => row.partition, align: 'right' },
      { title: 'OLD', value: row => row.old ?? '-', align: 'right' },
      { title: 'NEW', value: row => row.new, align: 'right' },
      { title: 'CHANGE', value: changeText, align: 'right' },
      { title: 'LAG', value: row => row.end - row.new, align: 'right' }
    ],
    rows
  )
  const group = printable(args[0] as string)
  if (isDone) io.stderr.line(`group ${group}: ${rows.length} offset(s) committed`)
  else io.stderr.line('dry run: nothing was changed; the same with --execute commits the new offsets')
}

function changeText({ old, new: taken }: ResetRow): string {
  if (old === null) return '-'
  return taken > old ? `+${taken - old}` : String(taken - old)
}
