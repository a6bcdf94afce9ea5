import { BrokerError } from '@streambus/wire-client'
import { sayTryingAgain } from '../cluster.ts'
import { InterruptedError } from '../interrupted-error.ts'
import type { Call } from '../io.ts'
import { formatCount } from '../output/format.ts'

/** Says once that nothing gets on. Not at the first failure: a leader that moves is no trouble. */
export function troubleTeller(call: Call): (error: unknown, failures: number) => void {
  let isTold = false
  return (error, failures) => {
    sayTryingAgain(call, error)
    if (isTold || failures === 0) return
    isTold = true
    const what = error instanceof BrokerError ? 'the broker refuses writes' : 'the broker is away'
    call.io.stderr.line(`streambus: ${what}: ${(error as Error).message}; trying again`)
  }
}

/** The error, with how many records it leaves without an answer; some of them may be stored all the same. */
export function withUnconfirmed(
  error: unknown,
  counts: { readonly read: number; readonly confirmed: number; readonly isInterrupted: boolean }
): unknown {
  const unconfirmed = counts.read - counts.confirmed
  const what = `${formatCount(unconfirmed)} of ${formatCount(counts.read)} records that were read are not confirmed`
  if (counts.isInterrupted) return new InterruptedError(`interrupted: ${what}`, { cause: error })
  if (error instanceof Error && unconfirmed > 0) error.message += `; ${what}`
  return error
}
