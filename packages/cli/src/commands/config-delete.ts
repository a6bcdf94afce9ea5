import { withCluster } from '../cluster.ts'
import { alterConfigs, DELETE, describeResource, parseResource } from '../config-resource.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson } from '../output/table.ts'

/** Lets settings go back to what they inherit; all or none of them. */
export async function configDelete(call: Call<{ readonly dryRun?: boolean }>): Promise<number> {
  const { io, args, options } = call
  const [kind = '', name = '', ...settings] = args
  const resource = parseResource(kind, name)
  const changes = settings.map(setting => ({ name: setting, value: null, operation: DELETE }) as const)
  const validateOnly = options.dryRun ?? false
  await withCluster(call, cluster => alterConfigs(cluster, { resource, changes, validateOnly }))
  if (options.json)
    printJson(io.stdout, { resource: describeResource(resource), deleted: settings, dryRun: validateOnly })
  else
    io.stdout.line(
      `${describeResource(resource)}: ${validateOnly ? 'possible' : 'back to default'}: ${settings.join(', ')}`
    )
  return ExitCode.ok
}
