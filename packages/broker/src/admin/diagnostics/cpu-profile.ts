import type { Profiler } from 'node:inspector'
import type { Clock } from '@streambus/base'
import { elapsed } from './elapsed.ts'

/** V8's own default; costs a few per cent of a busy event loop. */
const SAMPLE_US = 1_000
/** Elements of a list that are written in one part. */
const PART = 2_000

/** Where the event loop spends its time during `ms`, or until `signal` is aborted. */
export async function profileCpu(clock: Clock, ms: number, signal: AbortSignal): Promise<Profiler.Profile> {
  // Loaded only when it is asked for.
  const { Session } = process.getBuiltinModule('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
    await session.post('Profiler.start')
    await elapsed(clock, ms, signal)
    const { profile } = await session.post('Profiler.stop')
    return profile
  } finally {
    session.disconnect()
  }
}

/** The profile as a .cpuprofile file, in parts, so that a long one does not stop the event loop. */
export async function* cpuProfileText(profile: Profiler.Profile): AsyncGenerator<string> {
  const { startTime, endTime, nodes, samples = [], timeDeltas = [] } = profile
  yield `{"startTime":${startTime},"endTime":${endTime}`
  for (const [name, list] of Object.entries({ nodes, samples, timeDeltas })) {
    yield `,"${name}":[`
    for (let at = 0; at < list.length; at += PART) {
      const part = JSON.stringify(list.slice(at, at + PART)).slice(1, -1)
      yield at === 0 ? part : `,${part}`
    }
    yield ']'
  }
  yield '}\n'
}
