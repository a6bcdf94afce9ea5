import { ManualClock, MemoryDisk } from '@streambus/testkit'
import { describe, expect, test } from 'vitest'
import { type CreatedTopic, PARTITIONS_PER_REQUEST_MAX } from '../../src/controller/controller.ts'
import { SILENT_CONTROLLER_PROBE } from '../../src/controller/controller-probe.ts'
import type { MetadataImage } from '../../src/controller/image.ts'
import { dump, openController, wish } from './harness.ts'

function codes(answers: readonly CreatedTopic[]): readonly number[] {
  return answers.map(({ errorCode }) => errorCode)
}

describe('what is reported', () => {
  test('each command waits, begins and ends; what is committed is behind until listeners have it', async () => {
    const heard: string[] = []
    const clock = new ManualClock()
    const { controller } = await openController({
      clock,
      probe: {
        ...SILENT_CONTROLLER_PROBE,
        queued: () => void heard.push('queued'),
        began: (event, queuedMs) => void heard.push(`began ${event} ${queuedMs}`),
        ended: (event, durationMs) => void heard.push(`ended ${event} ${durationMs}`)
      }
    })
    heard.length = 0
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    controller.onImage(() => {
      reached.resolve()
      return gate.promise
    })
    expect(controller.unappliedSinceMs).toBeNull()
    const creating = controller.createTopics([wish('t')], { validateOnly: false })
    const deleting = controller.deleteTopic('unknown')
    await reached.promise
    expect(controller.unappliedSinceMs).toBe(clock.monotonicMs())
    clock.advance(40)
    gate.resolve()
    await Promise.all([creating, deleting])
    expect(controller.unappliedSinceMs).toBeNull()
    expect(heard).toEqual([
      'queued',
      'queued',
      'began create_topics 0',
      'ended create_topics 40',
      'began delete_topic 40',
      'ended delete_topic 0'
    ])
  })
})

describe('creating topics', () => {
  test('the answer describes what was created, with an id that is safe to type', async () => {
    const { controller } = await openController()
    const configs = new Map([['k', 'v']])
    const [answer] = await controller.createTopics([wish('t', { partitionCount: 3, configs })], { validateOnly: false })
    expect(answer).toEqual({ errorCode: 0, topic: controller.image.topicByName('t') })
    const topic = controller.image.topicByName('t')
    expect(topic?.partitions).toHaveLength(3)
    expect(topic?.configs).toEqual(configs)
    expect(topic?.id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  })

  test('validate only describes the same and leaves nothing', async () => {
    const { controller, log } = await openController()
    const before = log.commitIndex
    const [answer] = await controller.createTopics([wish('t')], { validateOnly: true })
    expect(answer).toMatchObject({ errorCode: 0, topic: { name: 't' } })
    expect(controller.image.topicCount).toBe(0)
    expect(log.commitIndex).toBe(before)
  })

  test.each(['', '.', '..', 'a/b', 'a b', 'ä', '\ud800', 'a\0', 'a'.repeat(250), '__cluster_metadata'])(
    'the name %j is refused',
    async name => {
      const { controller } = await openController()
      expect(codes(await controller.createTopics([wish(name)], { validateOnly: false }))).toEqual([17])
      expect([...(await controller.ensureTopics([name]))]).toEqual([[name, 17]])
      expect(controller.image.topicCount).toBe(0)
    }
  )

  test.each(['a', 'A.b_c-9', 'a'.repeat(249), '...', '__consumer_offsets'])('the name %j is good', async name => {
    const { controller } = await openController()
    expect(codes(await controller.createTopics([wish(name)], { validateOnly: false }))).toEqual([0])
  })

  test('names that differ in dots and underscores collide, in a request and later, until deleted', async () => {
    const { controller } = await openController()
    const answers = await controller.createTopics([wish('a.b'), wish('a_b'), wish('a.b')], { validateOnly: false })
    expect(codes(answers)).toEqual([0, 17, 17])
    expect(codes(await controller.createTopics([wish('a_b'), wish('a.b')], { validateOnly: false }))).toEqual([17, 36])
    await controller.deleteTopic(controller.image.topicByName('a.b')?.id ?? '')
    expect(codes(await controller.createTopics([wish('a_b')], { validateOnly: false }))).toEqual([0])
  })

  test.each([
    ['no partitions', { partitionCount: 0 }, 37],
    ['fewer than none', { partitionCount: -2 }, 37],
    ['too many partitions', { partitionCount: 1_000_000_000 }, 37],
    ['no replicas', { replicationFactor: 0 }, 38],
    ['more replicas than brokers', { replicationFactor: 2 }, 38],
    ['a wrong setting', { configs: new Map([['bad', '']]) }, 40],
    ['an unknown broker', { assignments: [[9]] }, 39],
    ['a broker twice', { assignments: [[1, 1]] }, 39],
    ['a partition without a broker', { assignments: [[1], []] }, 39]
  ])('%s', async (_, more, errorCode) => {
    const { controller } = await openController()
    const answers = await controller.createTopics([wish('t', more), wish('good')], { validateOnly: false })
    expect(codes(answers)).toEqual([errorCode, 0])
    expect([...controller.image.topics()].map(({ name }) => name)).toEqual(['good'])
  })

  test('one request creates a bounded number of partitions, however many topics it names', async () => {
    const { controller } = await openController()
    const half = PARTITIONS_PER_REQUEST_MAX / 2
    const topics = ['a', 'b', 'c'].map(name => wish(name, { partitionCount: half }))
    expect(codes(await controller.createTopics(topics, { validateOnly: true }))).toEqual([0, 0, 37])
  })

  test('replicas go round robin over the brokers', async () => {
    const { controller } = await openController({ brokerIds: [1, 2, 3] })
    await controller.createTopics([wish('t', { partitionCount: 4, replicationFactor: 2 })], { validateOnly: false })
    const replicas = controller.image.topicByName('t')?.partitions.map(({ replicas: nodes }) => nodes)
    expect(replicas).toEqual([
      [1, 2],
      [2, 3],
      [3, 1],
      [1, 2]
    ])
    const more = { name: 't', partitionCount: 6, assignments: null, validateOnly: false }
    expect((await controller.createPartitions(more)).errorCode).toBe(0)
    expect(controller.image.topicByName('t')?.partitions[4]?.replicas).toEqual([2, 3])
    const request = { name: 't', partitionCount: 7, assignments: [[3, 1]], validateOnly: false }
    expect((await controller.createPartitions(request)).errorCode).toBe(0)
    expect(controller.image.topicByName('t')?.partitions[6]).toMatchObject({ leader: 3, replicas: [3, 1], isr: [3, 1] })
  })

  test('a topic of ten thousand partitions takes its time once, not squared', async () => {
    const { controller } = await openController()
    const startMs = performance.now()
    const topic = wish('t', { partitionCount: PARTITIONS_PER_REQUEST_MAX })
    expect(codes(await controller.createTopics([topic], { validateOnly: false }))).toEqual([0])
    expect(performance.now() - startMs).toBeLessThan(2_000)
  })
})

describe('order', () => {
  test('nothing is visible or answered before it is durable', async () => {
    const disk = new MemoryDisk({ syncs: 'manual' })
    const opening = openController({ disk })
    disk.completeSyncs()
    await Promise.resolve()
    disk.completeSyncs()
    const { controller } = await opening
    let isAnswered = false
    const creation = controller.createTopics([wish('t')], { validateOnly: false }).then(() => (isAnswered = true))
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    expect(disk.pendingSyncs).toBe(1)
    expect(isAnswered).toBe(false)
    expect(controller.image.topicCount).toBe(0)
    disk.completeSyncs()
    await creation
    expect(controller.image.topicCount).toBe(1)
  })

  test('a command is answered, and the next one begins, when the listeners have done what it takes', async () => {
    const { controller } = await openController()
    const events: string[] = []
    let finish = (): void => {}
    controller.onImage(changed => {
      events.push(`told of ${[...changed].join()}`)
      return new Promise(resolve => (finish = resolve))
    })
    const settle = (): Promise<void> => new Promise(setImmediate)
    const first = controller.createTopics([wish('a')], { validateOnly: false }).then(() => events.push('answered a'))
    const second = controller.createTopics([wish('b')], { validateOnly: false }).then(() => events.push('answered b'))
    await settle()
    expect([events, controller.image.topicCount]).toEqual([['told of a'], 1])
    finish()
    await first
    await settle()
    expect(events).toEqual(['told of a', 'answered a', 'told of b'])
    finish()
    await second
  })

  test('listeners hear of a change before its command is answered, with the topics it touched', async () => {
    const { controller } = await openController()
    const heard: (readonly [readonly string[], number])[] = []
    controller.onImage((changed: ReadonlySet<string>, image: MetadataImage) => {
      heard.push([[...changed], image.topicCount])
      return null
    })
    const creation = controller.createTopics([wish('a'), wish('b')], { validateOnly: false }).then(() => heard.length)
    expect(await creation).toBe(1)
    await controller.allocateProducerIds()
    await controller.deleteTopic(controller.image.topicByName('a')?.id ?? '')
    expect(heard).toEqual([
      [['a', 'b'], 2],
      [[], 2],
      [['a'], 1]
    ])
  })

  test('a change of broker settings concerns every topic, for topics inherit them', async () => {
    const { controller } = await openController()
    await controller.createTopics([wish('a'), wish('b')], { validateOnly: false })
    const heard: string[][] = []
    controller.onImage(changed => {
      heard.push([...changed])
      return null
    })
    const compute = () => new Map([['k', 'v']])
    await controller.alterConfigs({ resource: 'broker', name: '', validateOnly: false, compute })
    expect(heard).toEqual([['a', 'b']])
  })

  test('whoever holds a topic holds it as it was', async () => {
    const { controller } = await openController()
    await controller.createTopics([wish('t', { partitionCount: 1 })], { validateOnly: false })
    const held = controller.image.topicByName('t')
    await controller.createPartitions({ name: 't', partitionCount: 2, assignments: null, validateOnly: false })
    const compute = () => new Map([['k', 'v']])
    await controller.alterConfigs({ resource: 'topic', name: 't', validateOnly: false, compute })
    expect(held?.partitions).toHaveLength(1)
    expect(held?.configs.size).toBe(0)
    expect(controller.image.topicByName('t')).toMatchObject({ partitions: [{}, {}] })
  })

  test('a topic deleted while its change waited its turn is unknown, and the log can still be replayed', async () => {
    const { controller, disk, log } = await openController()
    await controller.createTopics([wish('t')], { validateOnly: false })
    const id = controller.image.topicByName('t')?.id ?? ''
    const compute = () => new Map([['k', 'v']])
    const [deleted, altered, again] = await Promise.all([
      controller.deleteTopic(id),
      controller.alterConfigs({ resource: 'topic', name: 't', validateOnly: false, compute }),
      controller.deleteTopic(id)
    ])
    expect([deleted.errorCode, altered.errorCode, again.errorCode]).toEqual([0, 3, 100])
    log.close(true)
    expect((await openController({ disk })).controller.image.topicCount).toBe(0)
  })

  test('settings that change nothing leave no record, and validate only none either', async () => {
    const { controller, log } = await openController()
    await controller.createTopics([wish('t', { configs: new Map([['k', '1']]) })], { validateOnly: false })
    const before = log.commitIndex
    const alter = (value: string | null, validateOnly: boolean) =>
      controller.alterConfigs({ resource: 'topic', name: 't', validateOnly, compute: () => new Map([['k', value]]) })
    await alter('1', false)
    await alter('2', true)
    expect(log.commitIndex).toBe(before)
    await alter(null, false)
    expect(log.commitIndex).toBe(before + 1)
    expect(controller.image.topicByName('t')?.configs.size).toBe(0)
  })

  test('a command that is refused by its own check leaves nothing and does not stop the next', async () => {
    const { controller } = await openController()
    const compute = () => ({ errorCode: 40, errorMessage: 'no' })
    const target = { resource: 'broker' as const, name: '', validateOnly: false, compute }
    expect(await controller.alterConfigs(target)).toEqual({ errorCode: 40, errorMessage: 'no' })
    const bug = {
      ...target,
      compute: () => {
        throw new Error('bug')
      }
    }
    await expect(controller.alterConfigs(bug)).rejects.toThrow('bug')
    expect((await controller.allocateProducerIds()).first).toBe(0)
    await controller.settled()
  })
})

describe('topics that clients ask for', () => {
  test('concurrent wishes for one name become one topic, and wishes of one request one command', async () => {
    const { controller, log } = await openController()
    const changes: number[] = []
    controller.onImage(changed => {
      changes.push(changed.size)
      return null
    })
    const answers = await Promise.all([
      controller.ensureTopics(['a', 'b', 'a']),
      controller.ensureTopics(['b', 'c']),
      controller.ensureTopics(['a'])
    ])
    expect(answers.map(errors => errors.size)).toEqual([0, 0, 0])
    expect(changes).toEqual([2, 1])
    expect(controller.image.topicByName('a')?.partitions).toHaveLength(2)
    expect((await controller.ensureTopics(['a'])).size).toBe(0)
    expect(log.commitIndex).toBeGreaterThan(0)
  })

  test('a client cannot fill the broker: beyond the rate, names stay unknown until time has passed', async () => {
    const clock = new ManualClock()
    const { controller } = await openController({ clock })
    const names = Array.from({ length: 1_500 }, (_, i) => `t${i}`)
    const errors = await controller.ensureTopics(names)
    expect(controller.image.topicCount).toBe(1_000)
    expect(new Set(errors.values())).toEqual(new Set([3]))
    expect(errors.size).toBe(500)
    expect((await controller.ensureTopics(['more'])).get('more')).toBe(3)
    clock.advance(1_000)
    expect((await controller.ensureTopics(names)).size).toBe(400)
    expect(controller.image.topicCount).toBe(1_100)
  })
})

describe('start', () => {
  test('an unclean one raises the leader epochs of its own partitions only', async () => {
    const { controller, disk } = await openController({ brokerIds: [1, 2] })
    await controller.createTopics([wish('t', { partitionCount: 2 })], { validateOnly: false })
    disk.kill()
    const { controller: again } = await openController({ disk, brokerIds: [2], isClean: false })
    expect(again.image.topicByName('t')?.partitions.map(({ leader, leaderEpoch }) => [leader, leaderEpoch])).toEqual([
      [1, 0],
      [2, 1]
    ])
    expect(again.image.clusterId).toBe('cluster')
  })

  test('a stop in mid-append leaves the command whole or not at all', async () => {
    for (let keep = 0; keep < 400; keep += 7) {
      const disk = new MemoryDisk({ syncs: 'manual' })
      const opening = openController({ disk })
      for (let turn = 0; turn < 5; turn++) {
        disk.completeSyncs()
        await Promise.resolve()
      }
      const { controller } = await opening
      void controller.createTopics([wish('t', { partitionCount: 3 })], { validateOnly: false })
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      disk.crash({ keep: (_path, unsyncedBytes) => Math.min(keep, unsyncedBytes) })
      const reopening = openController({ disk, isClean: false })
      for (let turn = 0; turn < 20; turn++) {
        disk.completeSyncs()
        await Promise.resolve()
      }
      const { image } = (await reopening).controller
      expect([0, 3]).toContain(image.partitionCount)
      expect(image.topicCount).toBe(image.partitionCount / 3)
    }
  })
})

describe('log directories of partitions', () => {
  test('are chosen once per command and written with the partition', async () => {
    const { controller, disk } = await openController()
    await controller.createTopics([wish('t', { partitionCount: 2 })], { validateOnly: false })
    const directories = () => [...(controller.image.topicByName('t')?.partitions ?? [])].map(each => each.directories)
    expect(directories()).toEqual([['directory-1'], ['directory-1']])
    await controller.createPartitions({ name: 't', partitionCount: 3, assignments: null, validateOnly: false })
    expect(directories()).toHaveLength(3)
    const { controller: again } = await openController({ disk })
    expect(dump(again.image).topics).toEqual(dump(controller.image).topics)
  })

  test('are adopted for records from before they were written, and nothing else changes', async () => {
    const { log, disk } = await openController({ brokerIds: [1] })
    const id = 'AAAAAAAAAAAAAAAAAAAAAA'
    const old = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1], isr: [1] }
    const partition = (index: number) => ({ type: 'partition', topicId: id, index, ...old }) as const
    await log.append([{ type: 'topic', name: 't', id }, partition(0), partition(1)])
    const { controller } = await openController({ disk, isClean: false })
    expect(controller.image.topicByName('t')?.partitions).toEqual([
      { index: 0, ...old, leaderEpoch: 1 },
      { index: 1, ...old, leaderEpoch: 1 }
    ])
    await controller.assignDirectories(1, [
      { topicId: id, index: 1, directoryId: 'd' },
      { topicId: 'unknown', index: 0, directoryId: 'd' },
      { topicId: id, index: 9, directoryId: 'd' }
    ])
    const adopted = [
      { index: 0, ...old, leaderEpoch: 1 },
      { index: 1, ...old, leaderEpoch: 1, directories: ['d'] }
    ]
    expect(controller.image.topicByName('t')?.partitions).toEqual(adopted)
    const { controller: again } = await openController({ disk })
    expect(again.image.topicByName('t')?.partitions).toEqual(adopted)
  })
})
