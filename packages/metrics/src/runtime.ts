import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Clock, Timer } from '@streambus/base'
import type { BrokerMetrics } from './broker-metrics.ts'
import type { Cells } from './catalogue.ts'
import { Compatibility } from './compat.ts'

/** Fifty ticks a second cost nothing measurable and see every stall that a client could notice. */
const TICK_MS = 20

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks']
])

/** What an entry of type 'gc' is; the general type of entries does not say so. */
interface Pause {
  readonly duration: number
  readonly detail?: { readonly kind?: number }
}

export interface RuntimeOptions {
  readonly clock: Clock
  /**
   * Open descriptors of this process now, and their limit; null where the system does not tell (then served as NaN).
   */
  readonly openDescriptors: () => number | null
  readonly maxDescriptors: number | null
}

/**
 * Feeds `process_*`, `nodejs_*` and the garbage collection metrics. Event loop delay and pauses are counted from
 * `start` to `stop`; unlike a library's event loop histogram nothing is reset by a scrape, so scrapers do not
 * take each other's data.
 */
export class RuntimeMonitor {
  readonly #cells: Cells
  readonly #isEnabled: boolean
  readonly #options: RuntimeOptions
  readonly #observer: PerformanceObserver
  readonly #compatibility: Compatibility
  #timer: Timer | null = null

  constructor(metrics: BrokerMetrics, options: RuntimeOptions) {
    this.#cells = metrics.cells
    this.#isEnabled = metrics.isEnabled
    this.#options = options
    this.#compatibility = new Compatibility(metrics.cells)
    this.#observer = new PerformanceObserver(list => this.#onPauses(list.getEntries()))
    for (const kind of GC_KINDS.values()) this.#cells.gcDuration.child(kind)
    metrics.beforeRender(() => this.#collect())
  }

  /** Watches nothing while metrics are off. */
  start(): void {
    if (!this.#isEnabled) return
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#plan()
  }

  /** Leaves no timer and no observer behind. */
  stop(): void {
    this.#observer.disconnect()
    this.#timer?.cancel()
    this.#timer = null
  }

  #plan(): void {
    const { clock } = this.#options
    const expectedMs = clock.monotonicMs() + TICK_MS
    this.#timer = clock.after(TICK_MS, () => {
      const delay = Math.max(0, clock.monotonicMs() - expectedMs) / 1000
      this.#cells.eventLoopDelay.observe(delay)
      this.#compatibility.delayed(delay)
      this.#plan()
    })
  }

  #countResources(): void {
    const { activeResources } = this.#cells
    const counted = activeResources.blank()
    for (const type of process.getActiveResourcesInfo()) counted.child(type).add(1)
    activeResources.become(counted)
  }

  #onPauses(entries: readonly Pause[]): void {
    for (const { detail, duration } of entries) {
      const kind = GC_KINDS.get(detail?.kind ?? 0) ?? 'other'
      this.#cells.gcDuration.child(kind).observe(duration / 1000)
      this.#compatibility.collected(duration / 1000)
    }
  }

  #collect(): void {
    const cells = this.#cells
    const { user, system } = process.cpuUsage()
    cells.processCpuUser.value = user / 1e6
    cells.processCpuSystem.value = system / 1e6
    cells.processCpu.value = (user + system) / 1e6
    cells.processStart.set(this.#options.clock.wallMs() / 1000 - process.uptime())
    cells.processOpenDescriptors.set(this.#options.openDescriptors() ?? Number.NaN)
    cells.processMaxDescriptors.set(this.#options.maxDescriptors ?? Number.NaN)
    const memory = process.memoryUsage()
    cells.processResidentMemory.set(memory.rss)
    cells.heapTotal.set(memory.heapTotal)
    cells.heapUsed.set(memory.heapUsed)
    cells.externalMemory.set(memory.external)
    cells.arrayBuffers.set(memory.arrayBuffers)
    cells.heapLimit.set(getHeapStatistics().heap_size_limit)
    this.#compatibility.show(memory)
    for (const { space_name: space, space_used_size: used, space_size: size } of getHeapSpaceStatistics()) {
      cells.heapSpaceUsed.child(space).set(used)
      cells.heapSpaceTotal.child(space).set(size)
    }
    this.#countResources()
    const { active, idle } = performance.eventLoopUtilization()
    cells.eventLoopTime.child('active').value = active / 1000
    cells.eventLoopTime.child('idle').value = idle / 1000
  }
}
