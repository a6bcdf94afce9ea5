// Serves v0–4; a higher version is answered by the pipeline in v0 (KIP-511). v3: client software name and version.
// No features are advertised yet: transaction.version and group.version arrive with what they switch on.
import { type ApiVersionsRequest, type ApiVersionsResponse, apiVersionsApi, Errors } from '@streambus/protocol'
import type { Handler } from './handler.ts'
import type { AdvertisedRange } from './registry.ts'

/** Kafka's rule for client software name and version (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/

/** `ranges` is the registry's own list: what is not handled is not advertised. */
export function apiVersionsHandler(
  ranges: () => readonly AdvertisedRange[]
): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: apiVersionsApi,
    handle(request, context) {
      const isNamed = SOFTWARE.test(request.clientSoftwareName) && SOFTWARE.test(request.clientSoftwareVersion)
      if (context.apiVersion >= 3 && !isNamed) return { errorCode: Errors.INVALID_REQUEST.code, apiKeys: [] }
      return { errorCode: Errors.NONE.code, apiKeys: [...ranges()] }
    }
  }
}
