import type { MessageCodec } from './message.ts'
import type { VersionRange } from './versions.ts'

/** One API: its number, its name and the two messages. */
export interface ApiSchema<Req, Res> {
  readonly key: number
  readonly name: string
  /** What ApiVersions advertises. */
  readonly versions: VersionRange
  /** What is really accepted; differs from `versions` for Produce only. */
  readonly accepted: VersionRange
  readonly request: MessageCodec<Req>
  readonly response: MessageCodec<Res>
}

/** Joins the two tables of an API. They must cover the same versions. */
export function api<Req, Res>(definition: {
  readonly key: number
  readonly name: string
  readonly request: MessageCodec<Req>
  readonly response: MessageCodec<Res>
  readonly advertised?: VersionRange
}): ApiSchema<Req, Res> {
  const { key, name, request, response } = definition
  const accepted = request.versions
  if (accepted.min !== response.versions.min || accepted.max !== response.versions.max) {
    throw new TypeError(`${name}: request and response cover different versions`)
  }
  return { key, name, versions: definition.advertised ?? accepted, accepted, request, response }
}
