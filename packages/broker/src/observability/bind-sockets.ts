import type { BrokerMetrics, Cells } from '@streambus/metrics'
import type { SocketTotals } from '../net/listener.ts'

/** Clients choose these names: only the most frequent get a series. */
const SOFTWARE_MAX = 50

export interface SocketSources {
  readonly listeners: () => Iterable<{ readonly name: string; readonly listener: { sockets(): SocketTotals } }>
  /** Memory of frames that have begun to arrive. */
  readonly inputBytes: () => number
}

/** Looks, before each scrape, at every connection. */
export function bindSockets(metrics: BrokerMetrics, { listeners, inputBytes }: SocketSources): void {
  const { cells } = metrics
  metrics.beforeRender(() => {
    let outputBytes = 0
    let queuedAnswers = 0
    const software = new Map<string, { readonly labels: readonly [string, string]; count: number }>()
    for (const { name, listener } of listeners()) {
      const totals = listener.sockets()
      cells.connectionsBackpressured.child(name).set(totals.backpressured)
      // Every listener speaks plaintext in this version.
      cells.insecureConnections.child(name, 'plaintext').set(totals.connections)
      outputBytes += totals.outputBytes
      queuedAnswers += totals.queuedAnswers
      for (const each of totals.software) {
        const key = `${each.name} ${each.version}`
        const known = software.get(key)
        if (known === undefined) software.set(key, { labels: [each.name, each.version], count: 1 })
        else known.count++
      }
    }
    cells.socketBuffered.child('in').set(inputBytes())
    cells.socketBuffered.child('out').set(outputBytes)
    cells.responseQueueSize.set(queuedAnswers)
    showSoftware(cells, [...software.values()])
  })
}

function showSoftware(
  { clientSoftware }: Cells,
  all: readonly { readonly labels: readonly [string, string]; readonly count: number }[]
): void {
  const ordered = all.toSorted((a, b) => b.count - a.count)
  const shown = clientSoftware.blank(SOFTWARE_MAX)
  for (const { labels, count } of ordered) shown.child(...labels).add(count)
  clientSoftware.become(shown)
}
