// Serves v0–6. v1: other types than groups. v4: many keys per request. Old librdkafka enables LZ4 only when it sees
// this key.
import {
  Errors,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinatorApi,
  type Input
} from '@streambus/protocol'
import type { OffsetsTopic } from '../coordinator/group/offsets-topic.ts'
import type { Handler, RequestContext } from './handler.ts'

const GROUP = 0
const NOWHERE = { nodeId: -1, host: '', port: -1 }
const MANY_VERSION = 4

type Coordinator = NonNullable<Input<FindCoordinatorResponse>['coordinators']>[number]

export interface FindCoordinatorDependencies {
  readonly nodeId: number
  readonly offsetsTopic: Pick<OffsetsTopic, 'ensure'>
}

export function findCoordinatorHandler({
  nodeId,
  offsetsTopic
}: FindCoordinatorDependencies): Handler<FindCoordinatorRequest, FindCoordinatorResponse> {
  const locate = async (key: string, keyType: number, { advertised }: RequestContext): Promise<Coordinator> => {
    if (keyType !== GROUP) {
      const errorMessage = `coordinators of type ${keyType} are not served yet; only groups (0) are`
      return { key, ...NOWHERE, errorCode: Errors.INVALID_REQUEST.code, errorMessage }
    }
    const error = await offsetsTopic.ensure()
    if (error !== 'NONE') {
      const errorMessage = `__consumer_offsets cannot be created: ${error}`
      return { key, ...NOWHERE, errorCode: Errors.COORDINATOR_NOT_AVAILABLE.code, errorMessage }
    }
    return { key, nodeId, ...advertised, errorCode: Errors.NONE.code, errorMessage: null }
  }
  return {
    api: findCoordinatorApi,
    async handle(request, context) {
      if (context.apiVersion >= MANY_VERSION) {
        const { coordinatorKeys, keyType } = request
        return { coordinators: await Promise.all(coordinatorKeys.map(key => locate(key, keyType, context))) }
      }
      const { key: _, ...coordinator } = await locate(request.key, request.keyType, context)
      return coordinator
    }
  }
}
