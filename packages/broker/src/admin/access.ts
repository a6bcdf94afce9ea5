import { type AdminResponse, failure, type Route } from './route.ts'
import type { Tokens } from './tokens.ts'

const ASK_FOR_TOKEN = { 'WWW-Authenticate': 'Bearer realm="streambus"' }

/** Null when a request may use a route; else what it is told. */
export function refusal(route: Route, tokens: Tokens, authorization: string | undefined): AdminResponse | null {
  const access = route.access ?? 'open'
  if (access === 'open' || (access === 'token-if-set' && !tokens.isConfigured)) return null
  if (!tokens.isConfigured) {
    return failure(403, 'tokens_not_configured', 'this is off: set admin.tokens or admin.tokens.file to use it')
  }
  if (tokens.accepts(authorization)) return null
  const message = 'send Authorization: Bearer TOKEN with a token of admin.tokens or admin.tokens.file'
  return { ...failure(401, 'unauthorized', message), headers: ASK_FOR_TOKEN }
}
