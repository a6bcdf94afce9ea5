import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Clock } from '@streambus/base'
import type { Log } from '../../observability/log.ts'
import { cpuProfileText, profileCpu } from '../diagnostics/cpu-profile.ts'
import { watchEventLoop } from '../diagnostics/event-loop.ts'
import { Exclusive } from '../diagnostics/exclusive.ts'
import { heapSnapshot } from '../diagnostics/heap-snapshot.ts'
import { type AdminRequest, type AdminResponse, failure, json, type Route } from '../route.ts'

const SECONDS_MAX = 60
const SECONDS = 10

export interface DiagnosticsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly brokerId: number
  /** No snapshot is taken of a larger heap. */
  readonly heapSnapshotBytesMax: () => number
}

interface Diagnosis {
  readonly name: string
  readonly summary: string
  run(request: AdminRequest): AdminResponse | Promise<AdminResponse>
}

/** What the event loop and the heap are busy with: behind a token, one at a time, none for longer than a minute. */
export function diagnosticsRoutes(options: DiagnosticsOptions): readonly Route[] {
  const exclusive = new Exclusive()
  const diagnoses = [eventLoop(options), heap(), cpuProfile(options), snapshot(options)]
  return diagnoses.map(diagnosis => route(diagnosis, exclusive, options.log))
}

function route({ name, summary, run }: Diagnosis, exclusive: Exclusive, log: Log): Route {
  return {
    method: 'GET',
    path: `/api/v1/diagnostics/${name}`,
    summary,
    access: 'token',
    hasNoHead: true,
    async handle(request) {
      const { current } = exclusive
      const leave = exclusive.enter(name)
      if (leave === null)
        return failure(409, 'diagnosis_under_way', `${current} is under way; try again when it is over`)
      // Also when the answer fails or nobody takes it.
      request.signal.addEventListener('abort', leave, { once: true })
      if (request.signal.aborted) leave()
      log.info('diagnosis asked for', { event: 'diagnosis', diagnosis: name, correlation_id: request.correlationId })
      return run(request)
    }
  }
}

function eventLoop({ clock }: DiagnosticsOptions): Diagnosis {
  return {
    name: 'event-loop',
    summary: `how late the event loop is and how busy; ?seconds=1…${SECONDS_MAX}`,
    async run({ query, signal }) {
      const seconds = secondsOf(query)
      if (typeof seconds !== 'number') return seconds
      const before = performance.eventLoopUtilization()
      const { ticks, delayMs } = await watchEventLoop(clock, seconds * 1000, signal)
      const { utilization } = performance.eventLoopUtilization(before)
      const counts = Object.fromEntries(countBy(process.getActiveResourcesInfo()))
      return json(200, { seconds, ticks, delay_ms: delayMs, utilization, active_resources: counts })
    }
  }
}

function heap(): Diagnosis {
  return {
    name: 'heap',
    summary: 'memory of the process and of its heap, by space',
    run: () =>
      json(200, {
        process: process.memoryUsage(),
        heap: getHeapStatistics(),
        spaces: Object.fromEntries(getHeapSpaceStatistics().map(({ space_name: name, ...space }) => [name, space]))
      })
  }
}

function cpuProfile({ clock, brokerId }: DiagnosticsOptions): Diagnosis {
  return {
    name: 'cpu-profile',
    summary: `a .cpuprofile of the event loop; ?seconds=1…${SECONDS_MAX}`,
    async run({ query, signal }) {
      const seconds = secondsOf(query)
      if (typeof seconds !== 'number') return seconds
      const profile = await profileCpu(clock, seconds * 1000, signal)
      return file(`broker-${brokerId}.cpuprofile`, cpuProfileText(profile))
    }
  }
}

function snapshot({ brokerId, heapSnapshotBytesMax }: DiagnosticsOptions): Diagnosis {
  return {
    name: 'heap-snapshot',
    summary: 'a .heapsnapshot; stops the broker for about a second per 100 MiB of heap',
    run({ signal }) {
      const { used_heap_size: usedBytes } = getHeapStatistics()
      const bytesMax = heapSnapshotBytesMax()
      if (usedBytes <= bytesMax) return file(`broker-${brokerId}.heapsnapshot`, heapSnapshot(signal))
      const message = `the heap has ${usedBytes} bytes, admin.heap.snapshot.max.bytes allows ${bytesMax}`
      return failure(409, 'heap_too_large', message)
    }
  }
}

function file(name: string, stream: AsyncIterable<Uint8Array | string>): AdminResponse {
  const headers = { 'Content-Disposition': `attachment; filename="${name}"` }
  return { status: 200, contentType: 'application/json; charset=utf-8', text: '', stream, headers }
}

function secondsOf(query: URLSearchParams): number | AdminResponse {
  const text = query.get('seconds') ?? String(SECONDS)
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= SECONDS_MAX) return seconds
  return failure(400, 'invalid_seconds', `seconds must be a whole number from 1 to ${SECONDS_MAX}; got '${text}'`)
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
