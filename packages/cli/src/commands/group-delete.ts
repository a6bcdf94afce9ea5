import { deleteGroupsApi, Errors, errorByCode } from '@streambus/protocol'
import { BrokerError, type ClusterClient } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { confirm } from '../confirm.ts'
import { ExitCode } from '../exit-codes.ts'
import { fromCoordinators } from '../group/coordinators.ts'
import { unknownGroup } from '../group/describe-groups.ts'
import type { Call } from '../io.ts'
import { printable } from '../output/format.ts'
import { printJson } from '../output/table.ts'

export interface GroupDeleteOptions {
  readonly yes?: boolean
  readonly ifExists?: boolean
}

interface Refusal {
  readonly groupId: string
  readonly error: BrokerError
}

/** Deletes all named groups or reports the first refusal after printing what was done. Asks before, unless --yes. */
export async function groupDelete(call: Call<GroupDeleteOptions>): Promise<number> {
  const { io, args, options } = call
  const groupIds = [...new Set(args)]
  if (!options.yes && !(await confirm(io, questionFor(groupIds)))) {
    io.stderr.line('nothing was deleted')
    return ExitCode.failure
  }
  const refused = await withCluster(call, cluster => deleteGroups(cluster, groupIds))
  const missing = refused.filter(({ error }) => error.code === Errors.GROUP_ID_NOT_FOUND.code)
  const tolerated = new Set(options.ifExists ? missing.map(({ groupId }) => groupId) : [])
  const failed = refused.filter(({ groupId }) => !tolerated.has(groupId))
  const done = groupIds
    .filter(groupId => !failed.some(refusal => refusal.groupId === groupId))
    .map(group => ({ group, deleted: !tolerated.has(group) }))
  if (options.json) printJson(io.stdout, done)
  else {
    for (const { group, deleted } of done) {
      io.stdout.line(`group ${printable(group)} ${deleted ? 'deleted' : 'does not exist'}`)
    }
  }
  throwFirst(failed)
  return ExitCode.ok
}

function questionFor(groupIds: readonly string[]): string {
  const what = groupIds.length === 1 ? 'group' : `${groupIds.length} groups`
  return `delete ${what} ${printable(groupIds.join(', '))} with all committed offsets? There is no way back`
}

/** Those that were not deleted, in the order of `groupIds`. */
async function deleteGroups(cluster: ClusterClient, groupIds: readonly string[]): Promise<Refusal[]> {
  // Kept over attempts: what the first one deleted is unknown to the second.
  const deleted = new Set<string>()
  const refused = await fromCoordinators(cluster, groupIds, async (connection, coordinated) => {
    const rest = coordinated.groupIds.filter(groupId => !deleted.has(groupId))
    const { results } = await connection.send(deleteGroupsApi, { groupsNames: rest })
    for (const { groupId, errorCode } of results) if (errorCode === 0) deleted.add(groupId)
    const errors = results.filter(({ errorCode }) => errorCode !== 0)
    const refusals = errors.map(({ groupId, errorCode }) => ({ groupId, error: errorOf(groupId, errorCode) }))
    const passing = refusals.find(({ error }) => error.retriable)
    if (passing !== undefined) throw passing.error
    return refusals
  })
  return refused.sort((a, b) => groupIds.indexOf(a.groupId) - groupIds.indexOf(b.groupId))
}

function errorOf(groupId: string, errorCode: number): BrokerError {
  if (errorCode === Errors.GROUP_ID_NOT_FOUND.code) return unknownGroup(groupId)
  const isBusy = errorCode === Errors.NON_EMPTY_GROUP.code
  const detail = isBusy
    ? `still has members (\`streambus group describe --members\` shows them); stop them, wait until they have left, then try again`
    : null
  return new BrokerError(errorByCode(errorCode), `group ${groupId}`, detail)
}

function throwFirst([first, ...others]: readonly Refusal[]): void {
  if (first === undefined) return
  if (others.length === 0) throw first.error
  const names = others.map(({ groupId }) => groupId).join(', ')
  throw new BrokerError(errorByCode(first.error.code), `${first.error.message}; not deleted either: ${names}`)
}
