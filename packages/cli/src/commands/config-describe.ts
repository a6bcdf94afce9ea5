import { withCluster } from '../cluster.ts'
import { describeConfigs, describeResource, parseResource, ResourceType } from '../config-resource.ts'
import { isChanged, isChangedOnBroker, sourceName } from '../config-source.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson, printTable } from '../output/table.ts'

/** Settings of a topic or broker; only the changed ones unless --all is given. */
export async function configDescribe(call: Call<{ readonly all?: boolean }>): Promise<number> {
  const { io, args, options } = call
  const resource = parseResource(args[0] as string, args[1] as string)
  const configs = await withCluster(call, cluster => describeConfigs(cluster, resource))
  const isWanted = resource.type === ResourceType.topic ? isChanged : isChangedOnBroker
  const rows = configs
    .filter(config => options.all || isWanted(config))
    .map(config => ({
      name: config.name,
      value: config.isSensitive ? null : config.value,
      source: sourceName(config.configSource),
      isReadOnly: config.readOnly,
      isSensitive: config.isSensitive
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (options.json) printJson(io.stdout, rows)
  else if (rows.length === 0) {
    io.stderr.line(`${describeResource(resource)}: every setting has its default; --all shows them`)
  } else {
    printTable(
      io.stdout,
      [
        { title: 'SETTING', value: row => row.name },
        { title: 'VALUE', value: row => (row.isSensitive ? '(hidden)' : (row.value ?? '')) },
        { title: 'FROM', value: row => row.source },
        { title: '', value: row => (row.isReadOnly ? 'needs a restart' : '') }
      ],
      rows
    )
  }
  return ExitCode.ok
}
