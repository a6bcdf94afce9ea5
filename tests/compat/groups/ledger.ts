import type { MemberEvent } from './member.ts'

interface Ownership {
  readonly member: string
  readonly partition: number
  readonly fromMs: number
  /** Infinity: still. */
  untilMs: number
  readonly generation: number | null
}

/** Who owned which partition when, and who read what: the evidence of one group. */
export class Ledger {
  readonly #slackMs: number
  readonly #ownerships: Ownership[] = []
  readonly #read = new Map<number, number[]>()
  readonly events: MemberEvent[] = []

  /** Two owners may overlap by that much and still count as one after the other. */
  constructor(slackMs: number) {
    this.#slackMs = slackMs
  }

  note(event: MemberEvent): void {
    this.events.push(event)
    if (event.event === 'assigned') {
      for (const partition of event.partitions) {
        const { member, atMs, generation } = event
        this.#ownerships.push({ member, partition, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY, generation })
      }
    } else if (event.event === 'revoked') {
      this.#end(event.member, event.partitions, event.atMs)
    } else if (event.event === 'records') {
      const offsets = this.#read.get(event.partition) ?? []
      offsets.push(...event.offsets)
      this.#read.set(event.partition, offsets)
    }
  }

  /** The member is gone, whether or not it said so. */
  gone(member: string, atMs: number): void {
    this.#end(member, this.owned(member), atMs)
  }

  #end(member: string, partitions: readonly number[], atMs: number): void {
    for (const ownership of this.#ownerships) {
      if (ownership.member !== member || ownership.untilMs !== Number.POSITIVE_INFINITY) continue
      if (partitions.includes(ownership.partition)) ownership.untilMs = atMs
    }
  }

  /** Partitions that the member has now, ascending. */
  owned(member: string): number[] {
    const open = this.#ownerships.filter(each => each.untilMs === Number.POSITIVE_INFINITY && each.member === member)
    return open.map(({ partition }) => partition).sort((a, b) => a - b)
  }

  /** The highest in which a member gained something; 0 when the client does not say. */
  generation(): number {
    return Math.max(0, ...this.#ownerships.map(({ generation }) => generation ?? 0))
  }

  /** Members in ascending order of their partitions, one entry per partition and owner. */
  owners(): { partition: number; member: string }[] {
    const open = this.#ownerships.filter(({ untilMs }) => untilMs === Number.POSITIVE_INFINITY)
    return open.map(({ partition, member }) => ({ partition, member })).sort((a, b) => a.partition - b.partition)
  }

  /** Every pair of members that had one partition at one time, or in one generation; empty when all is well. */
  conflicts(): string[] {
    const found: string[] = []
    for (const [index, one] of this.#ownerships.entries()) {
      for (const other of this.#ownerships.slice(index + 1)) {
        if (one.partition !== other.partition || one.member === other.member) continue
        const both = `${one.member} and ${other.member} had partition ${one.partition}`
        const overlapMs = Math.min(one.untilMs, other.untilMs) - Math.max(one.fromMs, other.fromMs)
        if (overlapMs > this.#slackMs) found.push(`${both} for ${overlapMs} ms`)
        if (one.generation !== null && one.generation === other.generation)
          found.push(`${both} in generation ${one.generation}`)
      }
    }
    return found
  }

  /** All offsets read of a partition, in the order in which they were, whoever read them. */
  read(partition: number): readonly number[] {
    return this.#read.get(partition) ?? []
  }

  /** Offsets below each partition's end that nobody read; empty when all were. */
  missing(ends: readonly number[]): string[] {
    return ends.flatMap((end, partition) => {
      const read = new Set(this.read(partition))
      return Array.from({ length: end }, (_, offset) => offset)
        .filter(offset => !read.has(offset))
        .map(offset => `${partition}@${offset}`)
    })
  }

  /** Events of one member from a position in `events` on. */
  since(position: number, member: string): MemberEvent[] {
    return this.events.slice(position).filter(event => event.member === member)
  }

  failures(): string[] {
    return this.events.flatMap(event => (event.event === 'failed' ? [`${event.member}: ${event.message}`] : []))
  }
}
