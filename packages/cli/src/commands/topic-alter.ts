import { createPartitionsApi } from '@streambus/protocol'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { alterConfigs, type ConfigChange, DELETE, ResourceType, SET } from '../config-resource.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson } from '../output/table.ts'
import { parsePairs, UsageError } from '../usage-error.ts'

export interface TopicAlterOptions {
  readonly partitions?: number
  readonly config?: readonly string[]
  readonly deleteConfig?: readonly string[]
  readonly dryRun?: boolean
}

/** Settings first, then partitions; each step is printed when it is done. */
export async function topicAlter(call: Call<TopicAlterOptions>): Promise<number> {
  const { io, args, options } = call
  const name = args[0] as string
  const changes: ConfigChange[] = [
    ...parsePairs(options.config ?? [], '--config').map(pair => ({ ...pair, operation: SET }) as const),
    ...(options.deleteConfig ?? []).map(setting => ({ name: setting, value: null, operation: DELETE }) as const)
  ]
  const { partitions, dryRun: validateOnly = false } = options
  if (changes.length === 0 && partitions === undefined) {
    throw new UsageError('nothing to change: give --partitions, --config or --delete-config')
  }
  const done: string[] = []
  await withCluster(call, async cluster => {
    if (changes.length > 0) {
      await alterConfigs(cluster, { resource: { type: ResourceType.topic, name }, changes, validateOnly })
      done.push(`${changes.length} setting(s)`)
    }
    if (partitions === undefined) return
    const request = {
      topics: [{ name, count: partitions, assignments: null }],
      timeoutMs: options.timeout,
      validateOnly
    }
    const { results } = await cluster.retry(async () => (await cluster.controller()).send(createPartitionsApi, request))
    for (const result of results) check(`topic ${name}`, result)
    done.push(`${partitions} partitions`)
  })
  if (options.json) printJson(io.stdout, { name, changed: done, dryRun: validateOnly })
  else io.stdout.line(`topic ${name}: ${validateOnly ? 'possible' : 'changed'}: ${done.join(', ')}`)
  return ExitCode.ok
}
