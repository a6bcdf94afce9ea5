import { pause, type Scenario, type Stage } from './scenario.ts'
import { alertStates, watchAlerts } from './watch.ts'

export interface PlayOptions {
  readonly scenario: Scenario
  readonly stage: Stage
  /** How long at most. */
  readonly limitMs: number
  /** Null: plays until the limit, and nobody looks. */
  readonly prometheusUrl: string | null
  /** How often Prometheus is asked. */
  readonly everyMs?: number
}

/**
 * Plays a scenario until its alerts fire, the limit is reached or `stage.signal` is aborted, and undoes it. Resolves to
 * an exit code: 1 when one of them does not fire. Throws DrillError when it cannot be played.
 */
export async function playDrill({ scenario, stage, limitMs, ...watch }: PlayOptions): Promise<number> {
  const { alerts, does } = scenario
  // Before anything is made that must be undone.
  if (watch.prometheusUrl !== null) await alertStates(watch.prometheusUrl)
  const end = new AbortController()
  const signal = AbortSignal.any([end.signal, stage.signal])
  stage.say(`${does}; ${alerts.join(', ')} should fire`)
  const playing = scenario.run({ ...stage, signal })
  const watched = watching()
  try {
    // A scenario that ends before it is told to has failed.
    const silent = await Promise.race([watched, playing.then(() => (signal.aborted ? watched : alerts))])
    if (silent.length === 0) return 0
    const why = stage.signal.aborted ? 'when it was interrupted' : `within ${Math.round(limitMs / 6_000) / 10} minutes`
    stage.say(`${silent.length} of ${alerts.length} did not fire ${why}: ${silent.join(', ')}`)
    return 1
  } finally {
    end.abort()
    await playing.catch(() => {})
  }

  async function watching(): Promise<readonly string[]> {
    const limit = new AbortController()
    const until = AbortSignal.any([limit.signal, signal])
    const waiting = pause(limitMs, signal).then(() => limit.abort())
    if (watch.prometheusUrl !== null) {
      const { prometheusUrl, everyMs } = watch
      return watchAlerts({ prometheusUrl, alerts, signal: until, say: stage.say, ...(everyMs && { everyMs }) })
    }
    await waiting
    return []
  }
}
