import type { RequestTrack } from '../pipeline/request-probe.ts'

/**
 * Parts of a request's time. queue: until its turn on the connection came; local: the handler's own work; commit: until
 * what it wrote was committed; remote: what it waited for on purpose; response_queue: behind earlier answers of its
 * connection; send: until the socket had taken the answer.
 */
export const PHASES = ['queue', 'local', 'commit', 'remote', 'response_queue', 'send'] as const
export type Phase = (typeof PHASES)[number]

/** What the time means between the end of a handler's own work and its answer, except what the handler calls parked. */
const REST_PHASES: Readonly<Record<string, Phase>> = { Fetch: 'local', JoinGroup: 'remote', SyncGroup: 'remote' }

export function restPhaseOf(apiName: string): Phase {
  return REST_PHASES[apiName] ?? 'commit'
}

/** The time that counts against a request: without what it waited on purpose. */
export function ownMsOf({ receivedMs, handledMs, parkedMs, readyMs }: RequestTrack, restPhase: Phase): number {
  return restPhase === 'remote' ? handledMs - receivedMs : readyMs - receivedMs - parkedMs
}

export interface PhaseSpan {
  readonly phase: Phase
  /** Monotonic. */
  readonly startMs: number
  readonly endMs: number
}

/** The phases in order; those without a duration are left out. `sent`: null where there was no answer. */
export function phasesOf(
  { arrivedMs, receivedMs, handledMs, parkedMs, readyMs }: RequestTrack,
  restPhase: Phase,
  sent: { readonly flushedMs: number; readonly sentMs: number } | null
): readonly PhaseSpan[] {
  // Long polls wait first and read then; everything else that is parked, too.
  const resumedMs = handledMs + parkedMs
  const spans: PhaseSpan[] = [
    { phase: 'queue', startMs: arrivedMs, endMs: receivedMs },
    { phase: 'local', startMs: receivedMs, endMs: handledMs },
    { phase: 'remote', startMs: handledMs, endMs: resumedMs },
    { phase: restPhase, startMs: resumedMs, endMs: readyMs }
  ]
  if (sent !== null) {
    spans.push({ phase: 'response_queue', startMs: readyMs, endMs: sent.flushedMs })
    spans.push({ phase: 'send', startMs: sent.flushedMs, endMs: sent.sentMs })
  }
  return spans.filter(({ startMs, endMs }) => endMs > startMs)
}
