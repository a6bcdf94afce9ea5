import { errorByCode } from '@streambus/protocol'
import { BrokerError } from '@streambus/wire-client'

/** What an answer says about one of the things asked for. */
export interface Verdict {
  readonly errorCode: number
  readonly errorMessage?: string | null
}

/** Throws BrokerError unless the code is 0. `what` is what was tried, such as `topic orders`. */
export function check(what: string, { errorCode, errorMessage }: Verdict): void {
  if (errorCode !== 0) throw new BrokerError(errorByCode(errorCode), what, errorMessage ?? null)
}
