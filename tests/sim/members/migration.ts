import type { Random } from '../random.ts'
import type { GroupProtocol, Swarm } from '../swarm.ts'

export type Protocol = 'classic' | 'consumer'

/** Which protocol the processes of a group are started with, and when that changes. */
export class Migration {
  readonly kind: GroupProtocol
  /** Of its members of the classic protocol: they must have an assignor in common. */
  readonly isCooperative: boolean
  readonly #first: Protocol
  /** Rising: at each of them it becomes the other one. */
  readonly #turnsMs: readonly number[]
  readonly #otherShare: number

  constructor(kind: GroupProtocol, random: Random, { troubleMs, rates }: Swarm) {
    this.kind = kind
    const isClassicFirst = random.chance(0.5)
    const turns = Array.from({ length: random.between(1, 3) }, () => random.between(8_000, troubleMs))
    this.#first = kind === 'mixed' ? (isClassicFirst ? 'classic' : 'consumer') : kind
    this.#turnsMs = kind === 'mixed' ? turns.sort((a, b) => a - b) : []
    this.isCooperative = random.chance(rates.cooperative) && kind === 'mixed'
    this.#otherShare = kind === 'mixed' ? 0.3 * rates['restart-as-other'] : 0
  }

  /** The one that processes shall speak. */
  at(nowMs: number): Protocol {
    const turns = this.#turnsMs.filter(turnMs => turnMs <= nowMs).length
    return turns % 2 === 0 ? this.#first : other(this.#first)
  }

  /** The one that a process is started with, perhaps by mistake not the one that it shall speak. */
  start(nowMs: number, random: Random): Protocol {
    const wanted = this.at(nowMs)
    return random.chance(this.#otherShare) ? other(wanted) : wanted
  }
}

function other(protocol: Protocol): Protocol {
  return protocol === 'classic' ? 'consumer' : 'classic'
}
