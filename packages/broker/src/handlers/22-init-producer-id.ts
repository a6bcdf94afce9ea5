// Serves v0–5, the idempotent producer only. An id and epoch in the request (v3, KIP-360) belong to transactions:
// without a transactional id Kafka hands out a new id whatever they say.
import { Errors, type InitProducerIdRequest, type InitProducerIdResponse, initProducerIdApi } from '@streambus/protocol'
import { AppendRefused } from '@streambus/storage-log'
import type { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import type { Handler } from './handler.ts'

export function initProducerIdHandler(dependencies: {
  readonly producerIds: ProducerIds
}): Handler<InitProducerIdRequest, InitProducerIdResponse> {
  return {
    api: initProducerIdApi,
    async handle(request) {
      const { transactionalId } = request
      if (transactionalId === '') return { errorCode: Errors.INVALID_REQUEST.code, producerEpoch: -1 }
      // Fatal to every client, unlike the retriable "coordinator not available", which would hang it.
      if (transactionalId !== null) return { errorCode: Errors.UNSUPPORTED_VERSION.code, producerEpoch: -1 }
      try {
        return { errorCode: Errors.NONE.code, producerId: await dependencies.producerIds.take(), producerEpoch: 0 }
      } catch (error) {
        if (!(error instanceof AppendRefused)) throw error
        // Retriable: the disk is full now and may have room again.
        return { errorCode: Errors.COORDINATOR_NOT_AVAILABLE.code, producerEpoch: -1 }
      }
    }
  }
}
