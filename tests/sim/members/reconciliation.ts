import type { Habits } from './actor.ts'
import type { Committer } from './committer.ts'
import { type LocalAssignment, NO_ASSIGNMENT } from './heartbeat-fields.ts'
import type { Process } from './process.ts'

export interface ReconciliationOptions {
  readonly process: Process
  readonly committer: Committer
  readonly rebalanceTimeoutMs: number
  readonly habits: () => Habits
  /** Whether the member may still go on with what it has begun. */
  readonly isWanted: () => boolean
  /** It owns what it was told, and has to say so. */
  readonly done: () => void
}

/** How a member comes from what it owns to what it was told to own: commits, gives back, takes. */
export class Reconciliation {
  readonly #options: ReconciliationOptions
  #target = NO_ASSIGNMENT
  #current = NO_ASSIGNMENT
  #used: ReadonlySet<string> = new Set()
  /** Under way; another one only begins after it. */
  #goal: LocalAssignment | null = null
  #isHung = false
  /** The application asks for records; only then does it give back and take. */
  isPolling = true

  constructor(options: ReconciliationOptions) {
    this.#options = options
  }

  /** What it says that it owns. */
  get current(): LocalAssignment {
    return this.#current
  }

  /** What it works on. */
  get used(): ReadonlySet<string> {
    return this.#used
  }

  get isDone(): boolean {
    return this.#target.localEpoch === this.#current.localEpoch
  }

  /** It does not come back from giving something back. */
  get isHung(): boolean {
    return this.#isHung
  }

  /** What the broker wants it to own. */
  aim(partitions: ReadonlySet<string>): void {
    const { localEpoch } = this.#target
    if (localEpoch !== -1 && isSame(partitions, this.#target.partitions)) return
    this.#target = { localEpoch: localEpoch + 1, partitions }
  }

  /** Each step only if nothing has happened that makes it pointless. */
  run(): void {
    if (this.isDone || this.#goal !== null || !this.isPolling || !this.#options.isWanted()) return
    const goal = this.#target
    this.#goal = goal
    const revoked = [...this.#used].filter(partition => !goal.partitions.has(partition))
    if (revoked.length === 0) return this.#take(goal)
    const { process, committer, rebalanceTimeoutMs, habits } = this.#options
    const { random } = process
    const { slowRevoke, hungRevoke } = habits()
    const isSlow = random.chance(slowRevoke)
    const isHung = random.chance(hungRevoke)
    const slowMs = random.between(2_000, 1.5 * rebalanceTimeoutMs)
    const quickMs = random.between(0, 600)
    committer.commitAll(process.nowMs + rebalanceTimeoutMs, () => {
      if (this.#abandons(goal)) return
      committer.pause(revoked)
      if (isHung) return this.#hang()
      process.later(isSlow ? slowMs : quickMs, () => {
        if (!this.#abandons(goal)) this.#take(goal)
      })
    })
  }

  /** What is under way is pointless; it works on what it has until `dropAll`. */
  abandon(): void {
    this.#goal = null
  }

  dropAll(): void {
    this.#options.committer.drop(this.#used)
    this.#used = new Set()
    this.#current = NO_ASSIGNMENT
    this.#target = NO_ASSIGNMENT
    this.#goal = null
  }

  #abandons(goal: LocalAssignment): boolean {
    if (this.#goal !== goal) return true
    if (this.#options.isWanted()) return false
    this.#goal = null
    return true
  }

  #hang(): void {
    this.#isHung = true
    this.#options.process.say('hangs while it gives back what it has')
  }

  #take(goal: LocalAssignment): void {
    const { committer, done } = this.#options
    const before = this.#used
    committer.drop([...before].filter(partition => !goal.partitions.has(partition)))
    this.#used = goal.partitions
    this.#current = goal
    this.#goal = null
    done()
    committer.take([...goal.partitions].filter(partition => !before.has(partition)))
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every(each => b.has(each))
}
