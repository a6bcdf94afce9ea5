import { deleteTopicsApi, Errors, ZERO_UUID } from '@streambus/protocol'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { printJson } from '../output/table.ts'

/** Deletes all named topics or reports the first refusal after printing what was done. */
export async function topicDelete(call: Call<{ readonly ifExists?: boolean }>): Promise<number> {
  const { io, args, options } = call
  const { responses } = await withCluster(call, cluster =>
    cluster.retry(async () => {
      const controller = await cluster.controller()
      const isByName = controller.requireVersion(deleteTopicsApi) <= 5
      return controller.send(deleteTopicsApi, {
        topicNames: isByName ? [...args] : [],
        topics: isByName ? [] : args.map(name => ({ name, topicId: ZERO_UUID })),
        timeoutMs: options.timeout
      })
    })
  )
  const isTolerated = (code: number): boolean =>
    options.ifExists === true && code === Errors.UNKNOWN_TOPIC_OR_PARTITION.code
  const done = responses.filter(({ errorCode }) => errorCode === 0 || isTolerated(errorCode))
  if (options.json) {
    printJson(
      io.stdout,
      done.map(({ name, errorCode }) => ({ name, deleted: errorCode === 0 }))
    )
  } else
    for (const { name, errorCode } of done) {
      io.stdout.line(`topic ${name} ${errorCode === 0 ? 'deleted' : 'does not exist'}`)
    }
  for (const topic of responses) if (!isTolerated(topic.errorCode)) check(`topic ${topic.name}`, topic)
  return ExitCode.ok
}
