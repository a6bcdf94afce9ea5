import { Errors } from '../errors.ts'
import { apiVersionsApi } from '../messages/18-api-versions.ts'
import type { RequestHeader } from './request-frame.ts'
import { encodeResponseFrame } from './response-frame.ts'

/** A client newer than we are opens with an ApiVersions that we cannot read beyond its header. */
export function isApiVersionsAboveMax(header: RequestHeader): boolean {
  return header.apiKey === apiVersionsApi.key && header.apiVersion > apiVersionsApi.accepted.max
}

/**
 * The answer to it: format v0, UNSUPPORTED_VERSION, and exactly one entry, ours for ApiVersions itself. Clients
 * read that entry and ask again (KIP-511; franz-go refuses any other partial list).
 */
export function encodeApiVersionsFallback(correlationId: number): Buffer[] {
  const { key, versions } = apiVersionsApi
  return encodeResponseFrame({
    api: apiVersionsApi,
    version: 0,
    correlationId,
    body: {
      errorCode: Errors.UNSUPPORTED_VERSION.code,
      apiKeys: [{ apiKey: key, minVersion: versions.min, maxVersion: versions.max }]
    }
  })
}
