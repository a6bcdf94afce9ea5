import { Errors } from '@streambus/protocol'
import { ManualClock, MemoryDisk } from '@streambus/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Controller } from '../../src/controller/controller.ts'
import { byKey, dump, openController, wish } from './harness.ts'
import { type Command, Model } from './model.ts'

const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'a_b', '..', 'x/y', '')
const key = fc.constantFrom('k', 'l')
const value = fc.option(fc.constantFrom('1', '2'), { nil: null })
const configs = fc.constantFrom<readonly (readonly [string, string])[]>([], [['k', '1']], [['bad', '1']])
const count = fc.integer({ min: -1, max: 3 })
const restart = fc.constantFrom<'stop' | 'kill' | 'power cut'>('stop', 'kill', 'power cut')
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('create' as const), name, count, configs }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ensure' as const), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete' as const), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('grow' as const), name, total: fc.integer({ max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('configure' as const), name, key, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('configure broker' as const), key, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('producer ids' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: restart }) }
)

/** The image in the terms of the model. */
function view({ image }: Controller) {
  const topics = [...image.topics()].map(topic => {
    expect(image.topicById(topic.id)).toBe(topic)
    expect(image.topicByName(topic.name)).toBe(topic)
    for (const [index, partition] of topic.partitions.entries()) {
      expect(partition).toMatchObject({ index, leader: 1, replicas: [1], isr: [1] })
    }
    const epochs = topic.partitions.map(({ leaderEpoch }) => leaderEpoch)
    return { name: topic.name, epochs, configs: byKey(topic.configs) }
  })
  expect(image.partitionCount).toBe(topics.reduce((sum, { epochs }) => sum + epochs.length, 0))
  return {
    topics: topics.sort((a, b) => (a.name < b.name ? -1 : 1)),
    broker: byKey(image.configsOf('broker', '1')),
    nextProducerId: image.nextProducerId
  }
}

type Restart = Extract<Command, { readonly type: 'stop' | 'kill' | 'power cut' }>

function isRestart(step: Command): step is Restart {
  return step.type === 'stop' || step.type === 'kill' || step.type === 'power cut'
}

type OpenBroker = Awaited<ReturnType<typeof openController>>

/** A broker whose every answer is checked against the model, through any number of lives. */
class World {
  readonly #model = new Model()
  readonly #disk = new MemoryDisk()
  readonly #clock = new ManualClock()
  readonly #topicIds = new Set<string>()
  readonly #blocks = new Set<number>()
  #broker: OpenBroker | null = null
  #underWay: Promise<void>[] = []
  #isDeleting = false

  async open(isClean: boolean): Promise<void> {
    this.#broker = await openController({ disk: this.#disk, clock: this.#clock, isClean })
    if (!isClean) this.#model.startUnclean()
  }

  /** Commands are sent without waiting for those before them, except where `waits` says so. */
  async send(step: Command, waits: boolean): Promise<void> {
    if (isRestart(step)) return this.#restart(step.type)
    // A topic is deleted by its id, which the commands before it decide; and whether it has to be made again, when the
    // wish for it comes while it is being deleted, is up to which of the two is first.
    if (waits || step.type === 'delete' || (step.type === 'ensure' && this.#isDeleting)) await this.settle()
    if (step.type === 'delete') this.#isDeleting = true
    this.#underWay.push(this.#command(step))
  }

  async settle(): Promise<void> {
    await Promise.all(this.#underWay)
    this.#underWay = []
    this.#isDeleting = false
    expect(view(this.#controller)).toEqual(this.#model.view())
  }

  get #controller(): Controller {
    if (this.#broker === null) throw new Error('the broker is not open')
    return this.#broker.controller
  }

  async #restart(how: 'stop' | 'kill' | 'power cut'): Promise<void> {
    await this.settle()
    const before = dump(this.#controller.image)
    const { log } = this.#broker as OpenBroker
    if (how === 'stop') log.close(true)
    else if (how === 'kill') this.#disk.kill()
    else this.#disk.crash()
    await this.open(how === 'stop')
    expect(this.#broker?.log.term).toBeGreaterThan(log.term)
    const after = dump(this.#controller.image)
    if (how === 'stop') expect(after).toEqual(before)
    expect(after.topics.map(({ id }) => id)).toEqual(before.topics.map(({ id }) => id))
    await this.settle()
  }

  /** The model decides now, in the order of the commands; the broker's answer is compared when it comes. */
  async #command(step: Exclude<Command, Restart>): Promise<void> {
    const model = this.#model
    const controller = this.#controller
    switch (step.type) {
      case 'create': {
        const expected = model.create(step.name, step.count, step.configs)
        const topic = wish(step.name, { partitionCount: step.count, configs: new Map(step.configs) })
        const [answer] = await controller.createTopics([topic], { validateOnly: false })
        expect(answer?.errorCode).toBe(expected)
        if (answer !== undefined && 'topic' in answer) this.#isNew(this.#topicIds, answer.topic.id)
        return
      }
      case 'ensure': {
        const created = model.create(step.name, -1, [])
        const expected = created === Errors.TOPIC_ALREADY_EXISTS.code ? 0 : created
        const errors = await controller.ensureTopics([step.name])
        expect(errors.get(step.name) ?? 0).toBe(expected)
        return
      }
      case 'delete': {
        const id = controller.image.topicByName(step.name)?.id ?? 'no such id'
        const expected = model.topics.delete(step.name) ? 0 : Errors.UNKNOWN_TOPIC_ID.code
        expect((await controller.deleteTopic(id)).errorCode).toBe(expected)
        return
      }
      case 'grow': {
        const expected = model.grow(step.name, step.total)
        const request = { name: step.name, partitionCount: step.total, assignments: null, validateOnly: false }
        expect((await controller.createPartitions(request)).errorCode).toBe(expected)
        return
      }
      case 'configure': {
        const expected = model.configure(step.name, step.key, step.value)
        expect(await this.#alter('topic', step.name, step)).toBe(expected)
        return
      }
      case 'configure broker':
        model.configureBroker(step.key, step.value)
        expect(await this.#alter('broker', '1', step)).toBe(0)
        return
      case 'producer ids':
        model.nextProducerId += 1000
        this.#isNew(this.#blocks, (await controller.allocateProducerIds()).first)
    }
  }

  async #alter(
    resource: 'topic' | 'broker',
    target: string,
    change: { readonly key: string; readonly value: string | null }
  ): Promise<number> {
    const compute = () => new Map([[change.key, change.value]])
    const answer = await this.#controller.alterConfigs({ resource, name: target, validateOnly: false, compute })
    return answer.errorCode
  }

  #isNew<T>(known: Set<T>, item: T): void {
    expect(known).not.toContain(item)
    known.add(item)
  }
}

test('any commands, one by one or at once, through any restarts, leave what a simple model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(command, fc.boolean()), { maxLength: 40 }), async steps => {
      const world = new World()
      await world.open(true)
      for (const [step, waits] of steps) await world.send(step, waits)
      await world.settle()
    }),
    { numRuns: 200 }
  )
})
