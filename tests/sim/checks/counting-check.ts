import { type Arrival, type Check, nameOf } from '../facts.ts'

/** How often something happened, so that a test can tell whether the trouble reaches what it is meant for. */
export class CountingCheck implements Check {
  readonly counts = new Map<string, number>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  arrived(): void {}

  answered({ api }: Arrival, answer: unknown): void {
    this.count(`${api.name} ${nameOf(firstErrorCode(answer))}`)
  }

  lost({ api }: Arrival): void {
    this.count(`${api.name} lost`)
  }

  look(): void {}
}

/** Of the answer, or of the first thing in it. */
function firstErrorCode(answer: unknown): number {
  for (let at = answer; at !== null && typeof at === 'object'; ) {
    const { errorCode } = at as { errorCode?: number }
    if (errorCode !== undefined && errorCode !== 0) return errorCode
    at = Object.values(at).find(each => Array.isArray(each) && each.length > 0 && typeof each[0] === 'object')?.[0]
  }
  return 0
}
