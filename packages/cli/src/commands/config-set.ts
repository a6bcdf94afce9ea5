import { withCluster } from '../cluster.ts'
import { alterConfigs, describeResource, parseResource, SET } from '../config-resource.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson } from '../output/table.ts'
import { parsePairs } from '../usage-error.ts'

/** Sets settings; all or none of them. */
export async function configSet(call: Call<{ readonly dryRun?: boolean }>): Promise<number> {
  const { io, args, options } = call
  const [kind = '', name = '', ...pairs] = args
  const resource = parseResource(kind, name)
  const changes = parsePairs(pairs, 'setting').map(pair => ({ ...pair, operation: SET }) as const)
  const validateOnly = options.dryRun ?? false
  await withCluster(call, cluster => alterConfigs(cluster, { resource, changes, validateOnly }))
  if (options.json) printJson(io.stdout, { resource: describeResource(resource), set: pairs, dryRun: validateOnly })
  else io.stdout.line(`${describeResource(resource)}: ${validateOnly ? 'possible' : 'set'}: ${pairs.join(', ')}`)
  return ExitCode.ok
}
