// Serves v0–6. v1: other types than groups. v4: many keys per request. Old librdkafka enables LZ4 only when it sees
// this key.
import {
  type ErrorName,
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

type Address = RequestContext['advertised']
type Coordinator = NonNullable<Input<FindCoordinatorResponse>['coordinators']>[number]

export interface FindCoordinatorDependencies {
  readonly nodeId: number
  readonly offsetsTopic: Pick<OffsetsTopic, 'ensure'>
}

export function findCoordinatorHandler({
  nodeId,
  offsetsTopic
}: FindCoordinatorDependencies): Handler<FindCoordinatorRequest, FindCoordinatorResponse> {
  /** `topic`: what came of making it sure that __consumer_offsets exists. */
  const locate = (key: string, keyType: number, at: { advertised: Address; topic: ErrorName }): Coordinator => {
    if (keyType !== GROUP) {
      const errorMessage = `coordinators of type ${keyType} are not served yet; only groups (0) are`
      return { key, ...NOWHERE, errorCode: Errors.INVALID_REQUEST.code, errorMessage }
    }
    if (at.topic !== 'NONE') {
      const errorMessage = `__consumer_offsets cannot be created: ${at.topic}`
      return { key, ...NOWHERE, errorCode: Errors.COORDINATOR_NOT_AVAILABLE.code, errorMessage }
    }
    return { key, nodeId, ...at.advertised, errorCode: Errors.NONE.code, errorMessage: null }
  }
  return {
    api: findCoordinatorApi,
    async handle(request, { apiVersion, advertised }) {
      const { coordinatorKeys, keyType } = request
      const at = { advertised, topic: keyType === GROUP ? await offsetsTopic.ensure() : 'NONE' } as const
      if (apiVersion >= MANY_VERSION) return { coordinators: coordinatorKeys.map(key => locate(key, keyType, at)) }
      const { key: _, ...coordinator } = locate(request.key, keyType, at)
      return coordinator
    }
  }
}
