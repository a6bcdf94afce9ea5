// Serves v0–4; a higher version is answered by the pipeline in v0 (KIP-511). v3: client software name and version.
// Features: group.version 1 is the consumer protocol (KIP-848). transaction.version arrives with what it switches on.
import { type ApiVersionsRequest, type ApiVersionsResponse, apiVersionsApi, Errors } from '@streambus/protocol'
import type { Handler } from './handler.ts'
import type { AdvertisedRange } from './registry.ts'

/** Kafka's rule for client software name and version (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/

/** Of the cluster: it stays as it is until features can be changed. */
const FINALIZED_EPOCH = 0
const GROUP_VERSION = 'group.version'
/** Older clients fail on a feature whose minimum is 0 (KAFKA-17011). */
const MINIMUM_ZERO_VERSION = 4

/** `ranges` is the registry's own list: what is not handled is not advertised. */
export function apiVersionsHandler(
  ranges: () => readonly AdvertisedRange[]
): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: apiVersionsApi,
    handle(request, context) {
      const isNamed = SOFTWARE.test(request.clientSoftwareName) && SOFTWARE.test(request.clientSoftwareVersion)
      if (context.apiVersion >= 3 && !isNamed) return { errorCode: Errors.INVALID_REQUEST.code, apiKeys: [] }
      if (context.apiVersion >= 3) context.identify(request.clientSoftwareName, request.clientSoftwareVersion)
      const apiKeys = [...ranges()]
      if (context.apiVersion < 3) return { errorCode: Errors.NONE.code, apiKeys }
      const supported = [{ name: GROUP_VERSION, minVersion: 0, maxVersion: 1 }]
      return {
        errorCode: Errors.NONE.code,
        apiKeys,
        supportedFeatures: context.apiVersion >= MINIMUM_ZERO_VERSION ? supported : [],
        finalizedFeaturesEpoch: FINALIZED_EPOCH,
        finalizedFeatures: [{ name: GROUP_VERSION, maxVersionLevel: 1, minVersionLevel: 1 }]
      }
    }
  }
}
