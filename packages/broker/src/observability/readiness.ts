import type { BrokerView } from './broker-view.ts'

/** Whether clients are served. Not before the start is complete, from the request to stop on, with a check in error. */
export function isReady(view: BrokerView, isHealthy: boolean): boolean {
  return isHealthy && view.status() === 'running'
}
