import { CountingCheck } from './checks/counting-check.ts'
import { EpochsCheck } from './checks/epochs-check.ts'
import { FencingCheck } from './checks/fencing-check.ts'
import { GenerationsCheck } from './checks/generations-check.ts'
import { HoldingsCheck } from './checks/holdings-check.ts'
import { OffsetsCheck } from './checks/offsets-check.ts'
import { OrphansCheck } from './checks/orphans-check.ts'
import { checkSettled } from './checks/settled-check.ts'
import { World } from './checks/world.ts'
import { letRun } from './compose.ts'
import type { Arrival, Check } from './facts.ts'
import { ClassicMemberActor } from './members/classic-member.ts'
import { ConsumerMemberActor } from './members/consumer-member.ts'
import { Crew, type MakeMember } from './members/crew.ts'
import { Network } from './network.ts'
import { Operator } from './operator.ts'
import { PassingTopic } from './passing-topic.ts'
import { Random } from './random.ts'
import { OTHER_TOPIC, SimBroker, TOPIC } from './sim-broker.ts'
import { drawSwarm, type FaultKind, type GroupProtocol, REBALANCE_MS_MAX, SESSION_MS_MAX, type Swarm } from './swarm.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { Trouble } from './trouble.ts'
import { holds, Violation } from './violation.ts'

/** The shortest that the setting, which is in minutes, allows. */
const RETENTION_MS = 60_000
/** Beside session and rebalance timeout: what a group has to settle in. */
const SETTLING_MS = 10_000

export interface SimulationOptions {
  readonly seed: number
  /** Kinds of trouble that are switched off. */
  readonly without?: readonly FaultKind[]
  /** How many of the last lines of the trace are kept. Default 0. */
  readonly linesMax?: number
  /** Of all groups; left out, each seed draws one for each of its groups. */
  readonly protocol?: GroupProtocol
  /** Other members than the usual ones. */
  readonly make?: MakeMember
  /** Called once the first broker is up; tests put their bugs in here. */
  readonly prepare?: (broker: SimBroker) => void
}

export interface Outcome {
  readonly seed: number
  /** The same seed gives the same hash. */
  readonly hash: string
  readonly events: number
  readonly virtualMs: number
  readonly violation: Violation | null
  readonly lines: readonly string[]
  readonly swarm: Swarm
  /** What has happened how often: answers by API and error, ends of brokers. */
  readonly counts: ReadonlyMap<string, number>
}

const makeMember: MakeMember = (of, around, protocol) =>
  protocol === 'classic' ? new ClassicMemberActor(of, around) : new ConsumerMemberActor(of, around)

/** One seed, from the first start of the broker to the last look. Rejects with what is a bug of the simulation. */
export async function simulate(options: SimulationOptions): Promise<Outcome> {
  const run = new Run(options)
  let violation: Violation | null = null
  try {
    await run.play()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    violation = error
    run.trace.add(`VIOLATION ${error.message}`)
  }
  const { trace, timeline, swarm } = run
  return {
    seed: options.seed,
    hash: trace.digest(),
    events: run.events,
    virtualMs: timeline.nowMs,
    violation,
    lines: trace.lines(),
    swarm,
    counts: run.counting.counts
  }
}

class Run {
  readonly trace: Trace
  readonly timeline: Timeline
  readonly swarm: Swarm
  readonly counting = new CountingCheck()
  readonly #options: SimulationOptions
  readonly #broker: SimBroker
  readonly #network: Network
  readonly #crew: Crew
  readonly #operator: Operator
  readonly #passing: PassingTopic
  readonly #trouble: Trouble
  readonly #world: World
  readonly #holdings: HoldingsCheck
  readonly #orphans: OrphansCheck
  readonly #checks: readonly Check[]
  readonly #groupIds: readonly string[]
  /** Of the present event. */
  readonly #answers: { readonly arrival: Arrival; readonly answer: unknown }[] = []
  #failure: { readonly error: unknown } | null = null
  #restartMs: number | null = null
  events = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    const random = new Random(options.seed)
    this.timeline = new Timeline(random.fork('ties'))
    const { timeline } = this
    this.trace = new Trace(timeline, options.linesMax ?? 0)
    const { trace } = this
    this.swarm = drawSwarm(random, { without: new Set(options.without), protocol: options.protocol ?? null })
    const { swarm } = this
    this.#groupIds = Array.from({ length: swarm.groupCount }, (_, i) => `g${i}`)
    this.#trouble = new Trouble({ random, swarm, timeline })
    this.#broker = new SimBroker({
      timeline,
      random,
      trace,
      check: this.#everyCheck(),
      onViolation: error => {
        this.#failure ??= { error }
      },
      settings: {
        'offsets.topic.num.partitions': swarm.offsetsPartitionCount,
        'group.initial.rebalance.delay.ms': swarm.initialRebalanceDelayMs,
        'offsets.retention.minutes': RETENTION_MS / 60_000,
        'offsets.retention.check.interval.ms': 5_000,
        'group.consumer.session.timeout.ms': swarm.consumerSessionTimeoutMs,
        'group.consumer.heartbeat.interval.ms': swarm.consumerHeartbeatMs
      },
      partitionCounts: {
        [TOPIC]: swarm.partitionCount,
        ...(swarm.otherPartitionCount > 0 ? { [OTHER_TOPIC]: swarm.otherPartitionCount } : {})
      },
      syncMs: this.#trouble.syncMs,
      slowness: this.#trouble.slowness
    })
    const groupIds = this.#groupIds
    this.#world = new World({ timeline, broker: this.#broker, retentionMs: RETENTION_MS, groupIds })
    const classicIds = groupIds.filter((_, number) => swarm.protocols[number] === 'classic')
    this.#holdings = new HoldingsCheck(this.#world, () => this.#crew.actors)
    this.#orphans = new OrphansCheck(this.#world, swarm.rates['disk-full'] + swarm.rates['sync-error'] === 0)
    this.#checks = [
      new OffsetsCheck(this.#world),
      this.#orphans,
      new GenerationsCheck(this.#world, new Set(classicIds)),
      new EpochsCheck(this.#world, this.#holdings),
      this.#holdings,
      new FencingCheck(this.#world),
      this.counting
    ]
    this.#network = new Network({ timeline, broker: this.#broker, random: random.fork('network'), swarm, trace })
    const surroundings = { timeline, network: this.#network, random: random.fork('clients'), trace }
    const { topics } = this.#broker
    const make = options.make ?? makeMember
    this.#crew = new Crew({ surroundings, swarm, groupIds, topics, topic: TOPIC, retentionMs: RETENTION_MS, make })
    const grow = (name: string, partitionCount: number): void => this.#broker.grow(name, partitionCount)
    this.#operator = new Operator({ surroundings, swarm, groupIds, topics, grow })
    this.#passing = new PassingTopic({ surroundings, broker: this.#broker, swarm })
  }

  async play(): Promise<void> {
    const { swarm, timeline } = this
    this.trace.add(`seed ${this.#options.seed}: ${JSON.stringify(swarm)}`)
    await this.#start()
    this.#options.prepare?.(this.#broker)
    this.#crew.begin()
    this.#operator.begin()
    this.#passing.begin()
    this.#trouble.begin(this.#broker)
    await this.#until(timeline.nowMs + swarm.troubleMs)
    await this.#heal()
    const settleMs = SESSION_MS_MAX + REBALANCE_MS_MAX + SETTLING_MS
    for (let i = 0; i < 10; i++) {
      await this.#until(timeline.nowMs + settleMs / 10)
      this.#crew.revive()
    }
    checkSettled(this.#world, this.#crew.actors)
    this.#orphans.compare()
    for (const groupId of this.#groupIds) this.#operator.fetchAll(groupId)
    const waiting = this.#broker.unanswered
    await this.#until(timeline.nowMs + 1_000)
    const forgotten = this.#broker.unanswered.find(arrival => waiting.includes(arrival))
    const what = (): string => `#${forgotten?.number} ${forgotten?.api.name} of ${forgotten?.from} was never answered`
    holds(forgotten === undefined, 'answer', what)
  }

  async #heal(): Promise<void> {
    this.trace.add('the trouble ends')
    for (const each of [this.#network, this.#crew, this.#operator, this.#passing, this.#trouble])
      each.isTroubled = false
    this.#trouble.next = null
    if (!this.#broker.isUp) await this.#start()
    this.#crew.heal(({ belief }) => this.#holdings.isMisled(belief.memberId))
  }

  async #until(untilMs: number): Promise<void> {
    const { timeline } = this
    while (timeline.step(untilMs)) {
      this.events++
      await letRun()
      this.#look()
      this.#broker.watchSyncs()
      const { fatal } = this.#broker
      const end = fatal === null ? this.#trouble.next : 'kill'
      this.#trouble.next = null
      if (end !== null && this.#broker.isUp) await this.#end(end, fatal)
      if (this.#restartMs !== null && timeline.nowMs >= this.#restartMs) await this.#start()
    }
  }

  async #end(how: 'stop' | 'kill' | 'power-cut', fatal: string | null): Promise<void> {
    if (fatal !== null) this.trace.add(`the disk has failed: ${fatal}`)
    this.counting.count(fatal === null ? how : 'disk failure')
    await this.#broker.end(how)
    this.#look()
    const pauseMs = this.#trouble.pauseMs()
    this.#restartMs = this.timeline.nowMs + pauseMs
    this.timeline.after(pauseMs, () => {})
  }

  async #start(): Promise<void> {
    this.#restartMs = null
    await this.#broker.start()
    await letRun()
    this.#look()
    this.#broker.watchSyncs()
  }

  #look(): void {
    if (this.#failure !== null) throw this.#failure.error
    this.#broker.lookAtTopics()
    this.#checkAnswers()
    this.#world.look()
    for (const groupId of this.#groupIds) {
      const group = this.#world.group(groupId)
      if (group !== null) this.counting.seen(group)
    }
    for (const check of this.#checks) check.look()
  }

  /** What became true at the same moment is told in any order; it was decided in the order in which it arrived. */
  #checkAnswers(): void {
    const answers = this.#answers.splice(0).sort((a, b) => a.arrival.number - b.arrival.number)
    for (const { arrival, answer } of answers) {
      for (const check of this.#checks) check.answered(arrival, answer)
    }
  }

  #everyCheck(): Check {
    return {
      arrived: arrival => {
        for (const check of this.#checks) check.arrived(arrival)
      },
      answered: (arrival, answer) => void this.#answers.push({ arrival, answer }),
      lost: arrival => {
        this.#broker.lookAtTopics()
        this.#checkAnswers()
        for (const check of this.#checks) check.lost?.(arrival)
      },
      look() {}
    }
  }
}
