import type { AnyGroup } from '../broker-parts.ts'
import { type Arrival, type Check, nameOf } from '../facts.ts'

/** How often something happened, so that a test can tell whether the trouble reaches what it is meant for. */
export class CountingCheck implements Check {
  readonly counts = new Map<string, number>()
  /** The groups that had members when they were last seen, with the protocol that they had. */
  readonly #types = new Map<string, AnyGroup['type']>()

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

  /** After each event: a group that changes its type with members in it is migrated. */
  seen(group: AnyGroup): void {
    const { groupId, type, isEmpty } = group
    const before = this.#types.get(groupId)
    if (isEmpty) this.#types.delete(groupId)
    else if (before !== type) {
      this.#types.set(groupId, type)
      if (before !== undefined) this.count(`from ${before} to ${type}`)
    }
  }
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
