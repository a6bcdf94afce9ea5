import type { BrokerMetrics } from '@streambus/metrics'
import { Compressed, takesGzip } from '../compressed.ts'
import { type AdminResponse, failure, type Route } from '../route.ts'

/** A scrape that fails, as it does for any path that is not served, shows as `up == 0` with this status. */
export function metricsAreOff(): AdminResponse {
  const message = 'metrics are off, because metrics.enabled is false; set it to true and start the broker again'
  return failure(404, 'metrics_off', message)
}

/** OpenMetrics for who asks for it, such as Prometheus; text 0.0.4 for all others. Compressed for who takes that. */
export function metricsRoute(metrics: BrokerMetrics): Route {
  const compressed = new Compressed()
  const vary = { Vary: 'Accept, Accept-Encoding' }
  return {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics, as text or OpenMetrics',
    async handle({ accept, acceptEncoding }) {
      if (!metrics.isEnabled) return metricsAreOff()
      const { contentType, pieces } = await metrics.expose(accept)
      const plain = { status: 200, contentType, text: '', pieces, headers: vary }
      if (!takesGzip(acceptEncoding)) return plain
      return { ...plain, pieces: await compressed.of(pieces), headers: { ...vary, 'Content-Encoding': 'gzip' } }
    }
  }
}
