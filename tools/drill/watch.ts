import { DrillError, pause } from './scenario.ts'

/** As Prometheus says it. */
export type AlertState = 'inactive' | 'pending' | 'firing'

interface AlertsAnswer {
  readonly data: {
    readonly alerts: readonly { readonly labels: Readonly<Record<string, string>>; readonly state: AlertState }[]
  }
}

/**
 * The states of alerts by name, as Prometheus has them now; the furthest where there are several of one name. Throws
 * DrillError when it does not say.
 */
export async function alertStates(prometheusUrl: string): Promise<Map<string, AlertState>> {
  const { data } = await answerOf(`${prometheusUrl.replace(/\/$/, '')}/api/v1/alerts`)
  const states = new Map<string, AlertState>()
  for (const { labels, state } of data.alerts) {
    const name = labels['alertname'] ?? ''
    if (states.get(name) !== 'firing') states.set(name, state)
  }
  return states
}

async function answerOf(url: string): Promise<AlertsAnswer> {
  try {
    const answer = (await (await fetch(url)).json()) as Partial<AlertsAnswer>
    if (answer.data?.alerts !== undefined) return { data: answer.data }
  } catch (error) {
    const { message, cause } = error as Error
    throw new DrillError(`--prometheus: ${url} cannot be read: ${cause instanceof Error ? cause.message : message}`)
  }
  throw new DrillError(`--prometheus: ${url} has no alerts; is that a Prometheus? It usually is http://localhost:9090`)
}

export interface WatchOptions {
  readonly prometheusUrl: string
  readonly alerts: readonly string[]
  readonly signal: AbortSignal
  readonly everyMs?: number
  say(text: string): void
}

/**
 * Says what becomes of alerts, until all of them fire or the signal is aborted. Resolves to those that do not fire
 * then. Throws DrillError when Prometheus does not say.
 */
export async function watchAlerts(options: WatchOptions): Promise<readonly string[]> {
  const { prometheusUrl, alerts, signal, everyMs = 5_000, say } = options
  const before = new Map<string, AlertState>(alerts.map(alert => [alert, 'inactive']))
  while (!signal.aborted) {
    const states = await alertStates(prometheusUrl)
    for (const alert of alerts) {
      const state = states.get(alert) ?? 'inactive'
      if (state !== before.get(alert)) say(`${alert}: ${before.get(alert)} → ${state}`)
      before.set(alert, state)
    }
    if (silent().length === 0) break
    await pause(everyMs, signal)
  }
  return silent()

  function silent(): readonly string[] {
    return alerts.filter(alert => before.get(alert) !== 'firing')
  }
}
