/** Something happened that must never happen. */
export class Violation extends Error {
  /** Of the invariant, such as R16 or R17. */
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

/** Throws Violation. */
export function holds(condition: boolean, invariant: string, message: () => string): asserts condition {
  if (!condition) throw new Violation(invariant, message())
}
