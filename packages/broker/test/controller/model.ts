import { Errors } from '@streambus/protocol'
import { byKey } from './harness.ts'

export type Command =
  | { readonly type: 'create'; readonly name: string; readonly count: number; readonly configs: readonly Setting[] }
  | { readonly type: 'ensure'; readonly name: string }
  | { readonly type: 'delete'; readonly name: string }
  | { readonly type: 'grow'; readonly name: string; readonly total: number }
  | { readonly type: 'configure'; readonly name: string; readonly key: string; readonly value: string | null }
  | { readonly type: 'configure broker'; readonly key: string; readonly value: string | null }
  | { readonly type: 'producer ids' }
  | { readonly type: 'stop' | 'kill' | 'power cut' }

export type Setting = readonly [key: string, value: string]

export interface ModelTopic {
  /** Leader epoch of each partition. */
  readonly epochs: number[]
  readonly configs: Map<string, string>
}

export const PARTITIONS_BY_DEFAULT = 2

/** The dumbest thing that behaves like the metadata of one broker. Verbs return error codes. */
export class Model {
  readonly topics = new Map<string, ModelTopic>()
  readonly broker = new Map<string, string>()
  nextProducerId = 0

  create(name: string, count: number, configs: readonly Setting[]): number {
    if (!/^[a-z._]+$/.test(name) || name === '..') return Errors.INVALID_TOPIC_EXCEPTION.code
    if (this.topics.has(name)) return Errors.TOPIC_ALREADY_EXISTS.code
    const clashes = [...this.topics.keys()].some(other => other.replaceAll('.', '_') === name.replaceAll('.', '_'))
    if (clashes) return Errors.INVALID_TOPIC_EXCEPTION.code
    if (configs.some(([key]) => key === 'bad')) return Errors.INVALID_CONFIG.code
    if (count === 0) return Errors.INVALID_PARTITIONS.code
    const epochs = Array.from({ length: count === -1 ? PARTITIONS_BY_DEFAULT : count }, () => 0)
    this.topics.set(name, { epochs, configs: new Map(configs) })
    return Errors.NONE.code
  }

  grow(name: string, total: number): number {
    const topic = this.topics.get(name)
    if (topic === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION.code
    if (total <= topic.epochs.length) return Errors.INVALID_PARTITIONS.code
    while (topic.epochs.length < total) topic.epochs.push(0)
    return Errors.NONE.code
  }

  configure(name: string, key: string, value: string | null): number {
    const topic = this.topics.get(name)
    if (topic === undefined) return Errors.UNKNOWN_TOPIC_OR_PARTITION.code
    set(topic.configs, key, value)
    return Errors.NONE.code
  }

  configureBroker(key: string, value: string | null): void {
    set(this.broker, key, value)
  }

  /** An unclean start may have lost records, so every partition gets a new epoch. */
  startUnclean(): void {
    for (const { epochs } of this.topics.values())
      for (const index of epochs.keys()) epochs[index] = (epochs[index] ?? 0) + 1
  }

  view() {
    const topics = [...this.topics].map(([name, { epochs, configs }]) => ({
      name,
      epochs,
      configs: byKey(configs)
    }))
    return {
      topics: topics.sort((a, b) => (a.name < b.name ? -1 : 1)),
      broker: byKey(this.broker),
      nextProducerId: this.nextProducerId
    }
  }
}

function set(map: Map<string, string>, key: string, value: string | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}
