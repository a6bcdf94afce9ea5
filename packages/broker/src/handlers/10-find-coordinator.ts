// Serves v0–6. Advertised although groups come later: old librdkafka enables LZ4 only when it sees this key.
// v4: many keys per request.
import {
  Errors,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinatorApi,
  type Input
} from '@streambus/protocol'
import type { Handler, RequestContext } from './handler.ts'

const GROUP = 0
const NOWHERE = { nodeId: -1, host: '', port: -1 }

type Coordinator = NonNullable<Input<FindCoordinatorResponse>['coordinators']>[number]

export function findCoordinatorHandler(dependencies: {
  readonly nodeId: number
}): Handler<FindCoordinatorRequest, FindCoordinatorResponse> {
  const locate = (key: string, keyType: number, { advertised }: RequestContext): Coordinator => {
    if (keyType !== GROUP) {
      const errorMessage = `coordinators of type ${keyType} are not served yet; only groups (0) are`
      return { key, ...NOWHERE, errorCode: Errors.INVALID_REQUEST.code, errorMessage }
    }
    if (key === '')
      return { key, ...NOWHERE, errorCode: Errors.INVALID_GROUP_ID.code, errorMessage: 'the group id is empty' }
    return { key, nodeId: dependencies.nodeId, ...advertised, errorCode: Errors.NONE.code, errorMessage: null }
  }
  return {
    api: findCoordinatorApi,
    handle(request, context) {
      if (context.apiVersion >= 4) {
        return { coordinators: request.coordinatorKeys.map(key => locate(key, request.keyType, context)) }
      }
      const { key: _, ...coordinator } = locate(request.key, request.keyType, context)
      return coordinator
    }
  }
}
