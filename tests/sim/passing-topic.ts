import { offsetCommitApi } from '@streambus/protocol'
import type { Surroundings } from './members/actor.ts'
import type { SimBroker } from './sim-broker.ts'
import type { Swarm } from './swarm.ts'

/** Comes and goes. Only groups without members commit offsets for it; no pattern of a member matches it. */
export const PASSING_TOPIC = '_passing'
export const PASSING_GROUPS = ['o0', 'o1', 'o2'] as const
const PARTITIONS = 3
const TIMEOUT_MS = 5_000

/** Somebody who makes a topic, commits offsets for it, deletes it, makes it anew. */
export class PassingTopic {
  readonly #surroundings: Surroundings
  readonly #broker: SimBroker
  readonly #rate: number
  #commits = 0
  isTroubled = true

  constructor(of: { readonly surroundings: Surroundings; readonly broker: SimBroker; readonly swarm: Swarm }) {
    this.#surroundings = of.surroundings
    this.#broker = of.broker
    this.#rate = of.swarm.rates['passing-topic']
  }

  begin(): void {
    if (this.#rate === 0) return
    const { timeline } = this.#surroundings
    const random = this.#surroundings.random.fork('passing topic')
    const turn = (): void => {
      if (!this.isTroubled) return
      const [groupId, partition] = [random.pick(PASSING_GROUPS), random.below(PARTITIONS)]
      // Rare, and worth a look: a deletion of what is just being read.
      const isChange = random.chance(this.#broker.isLoaded(groupId) ? 0.3 * this.#rate : 0.9)
      const version = random.pick([5, 8, 9])
      if (!this.#broker.hasTopic(PASSING_TOPIC)) this.#broker.grow(PASSING_TOPIC, PARTITIONS)
      else if (isChange) this.#broker.drop(PASSING_TOPIC)
      else this.#commit(groupId, partition, version)
      timeline.after(random.between(50, 1_500), turn)
    }
    timeline.after(1_500, turn)
  }

  #commit(groupId: string, partitionIndex: number, version: number): void {
    const committedMetadata = `passing/${++this.#commits}`
    const partitions = [{ partitionIndex, committedOffset: this.#commits, committedMetadata }]
    const topics = [{ name: PASSING_TOPIC, partitions }]
    const body = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics }
    const wish = { from: 'passing', api: offsetCommitApi, version, body, timeoutMs: TIMEOUT_MS, done: () => {} }
    this.#surroundings.network.send(wish)
  }
}
