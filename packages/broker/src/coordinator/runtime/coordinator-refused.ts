import type { ErrorName } from '@streambus/protocol'

/** A request that a coordinator does not carry out: nothing has changed. */
export class CoordinatorRefused extends Error {
  readonly errorName: ErrorName

  constructor(errorName: ErrorName, message: string) {
    super(message)
    this.name = 'CoordinatorRefused'
    this.errorName = errorName
  }
}
