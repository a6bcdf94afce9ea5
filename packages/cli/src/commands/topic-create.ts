import { type CreateTopicsResponse, createTopicsApi, Errors } from '@streambus/protocol'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson } from '../output/table.ts'
import { parsePairs } from '../usage-error.ts'

export interface TopicCreateOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config?: readonly string[]
  readonly ifNotExists?: boolean
  readonly dryRun?: boolean
}

/** Creates all named topics or reports the first refusal after printing what was done. */
export async function topicCreate(call: Call<TopicCreateOptions>): Promise<number> {
  const { args, options } = call
  const configs = parsePairs(options.config ?? [], '--config')
  const request = {
    topics: args.map(name => ({
      name,
      // −1 leaves the choice to the broker (KIP-464).
      numPartitions: options.partitions ?? -1,
      replicationFactor: options.replicationFactor ?? -1,
      assignments: [],
      configs
    })),
    timeoutMs: options.timeout,
    validateOnly: options.dryRun ?? false
  }
  const { topics } = await withCluster(call, cluster =>
    cluster.retry(async () => (await cluster.controller()).send(createTopicsApi, request))
  )
  const isTolerated = (code: number): boolean =>
    options.ifNotExists === true && code === Errors.TOPIC_ALREADY_EXISTS.code
  const done = topics.filter(({ errorCode }) => errorCode === 0 || isTolerated(errorCode))
  report(call, done)
  for (const topic of topics) if (!isTolerated(topic.errorCode)) check(`topic ${topic.name}`, topic)
  return ExitCode.ok
}

function report({ io, options }: Call<TopicCreateOptions>, done: CreateTopicsResponse['topics']): void {
  if (options.json) {
    printJson(
      io.stdout,
      done.map(topic => ({
        name: topic.name,
        id: topic.topicId,
        partitions: topic.numPartitions,
        replicationFactor: topic.replicationFactor,
        created: topic.errorCode === 0 && !options.dryRun
      }))
    )
  } else {
    for (const { name, errorCode, numPartitions } of done) {
      const verb = options.dryRun ? 'could be created' : 'created'
      io.stdout.line(`topic ${name} ${errorCode === 0 ? `${verb}, ${numPartitions} partition(s)` : 'exists already'}`)
    }
  }
}
