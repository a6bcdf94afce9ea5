import type { Input } from '@streambus/protocol'
import { type ApiSchema, errorByCode } from '@streambus/protocol'

/** One arrival of a request at a living broker; a request that was sent twice arrives twice. */
export interface Arrival {
  readonly number: number
  readonly boot: number
  /** Rises in the order in which requests were sent; the same when one arrives twice. */
  readonly sending: number
  /** Whose request it is. */
  readonly from: string
  readonly api: ApiSchema<never, unknown>
  readonly version: number
  readonly body: unknown
}

/** Looks at everything that arrives at brokers and that they answer, and throws Violation. */
export interface Check {
  arrived(arrival: Arrival): void
  /** The broker has given this answer, whether or not anybody gets it. */
  answered(arrival: Arrival, answer: unknown): void
  /** The broker is gone; there will be no answer. */
  lost?(arrival: Arrival): void
  /** After each event. */
  look(): void
}

/** The request as it was sent, when the arrival is one of `api`. */
export function requestOf<Req, Res>({ api, body }: Arrival, wanted: ApiSchema<Req, Res>): Input<Req> | null {
  return (api as unknown) === wanted ? (body as Input<Req>) : null
}

/** The answer, when the arrival is one of `api`. */
export function answerOf<Req, Res>({ api }: Arrival, answer: unknown, wanted: ApiSchema<Req, Res>): Res | null {
  return (api as unknown) === wanted ? (answer as Res) : null
}

export function nameOf(errorCode: number): string {
  return errorByCode(errorCode)?.name ?? `error ${errorCode}`
}
