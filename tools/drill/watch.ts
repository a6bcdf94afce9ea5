import { pause } from './scenario.ts'

/** As Prometheus says it. */
export type AlertState = 'inactive' | 'pending' | 'firing'

interface AlertsAnswer {
  readonly data: {
    readonly alerts: readonly { readonly labels: Readonly<Record<string, string>>; readonly state: AlertState }[]
  }
}

/** The states of alerts by name, as Prometheus has them now; the furthest where there are several of one name. */
export async function alertStates(prometheusUrl: string): Promise<Map<string, AlertState>> {
  const answer = await fetch(`${prometheusUrl}/api/v1/alerts`)
  const { data } = (await answer.json()) as AlertsAnswer
  const states = new Map<string, AlertState>()
  for (const { labels, state } of data.alerts) {
    const name = labels['alertname'] ?? ''
    if (states.get(name) !== 'firing') states.set(name, state)
  }
  return states
}

export interface WatchOptions {
  readonly prometheusUrl: string
  readonly alerts: readonly string[]
  readonly signal: AbortSignal
  readonly everyMs?: number
  say(text: string): void
}

/** Says what becomes of alerts. Resolves to true when all of them fire, to false when the signal is aborted before. */
export async function watchAlerts(options: WatchOptions): Promise<boolean> {
  const { prometheusUrl, alerts, signal, everyMs = 5_000, say } = options
  const before = new Map<string, AlertState>(alerts.map(alert => [alert, 'inactive']))
  while (!signal.aborted) {
    const states = await alertStates(prometheusUrl)
    for (const alert of alerts) {
      const state = states.get(alert) ?? 'inactive'
      if (state !== before.get(alert)) say(`${alert}: ${before.get(alert)} → ${state}`)
      before.set(alert, state)
    }
    if ([...before.values()].every(state => state === 'firing')) return true
    await pause(everyMs, signal)
  }
  return false
}
