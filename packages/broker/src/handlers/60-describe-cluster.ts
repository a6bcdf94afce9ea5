// Serves v0–2. v1: endpoint types (KIP-919). v2: fenced brokers, of which a single broker has none.
import {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  describeClusterApi,
  Errors
} from '@streambus/protocol'
import type { MetadataImage } from '../controller/image.ts'
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

const BROKERS = 1
const CONTROLLERS = 2

/** Addresses are those that clients of the asking listener can reach. */
export function describeClusterHandler(dependencies: {
  readonly nodeId: number
  readonly image: MetadataImage
}): Handler<DescribeClusterRequest, DescribeClusterResponse> {
  const { nodeId, image } = dependencies
  return {
    api: describeClusterApi,
    handle({ endpointType, includeClusterAuthorizedOperations }, { advertised }) {
      const { clusterId, controllerId } = image
      if (endpointType !== BROKERS) {
        const error = endpointType === CONTROLLERS ? Errors.UNSUPPORTED_ENDPOINT_TYPE : Errors.INVALID_REQUEST
        const errorMessage = `endpoint type ${endpointType}: this listener answers for brokers (1)`
        return { errorCode: error.code, errorMessage, endpointType, clusterId, controllerId: -1, brokers: [] }
      }
      const brokers = [...image.brokers.values()].map(broker => {
        const { host, port } = broker.nodeId === nodeId ? advertised : broker
        return { brokerId: broker.nodeId, host, port, rack: broker.rack, isFenced: false }
      })
      const clusterAuthorizedOperations = includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED
      return {
        errorCode: Errors.NONE.code,
        errorMessage: null,
        endpointType,
        clusterId,
        controllerId,
        brokers,
        clusterAuthorizedOperations
      }
    }
  }
}
