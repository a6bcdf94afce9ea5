import { catalogue as m } from '@streambus/metrics'
import { type Expr, gauge, growth, inUnit, max, promql, rate, ratio, share, sum, type TargetLabel } from '../expr.ts'

// Expressions that several dashboards need. Shares are 0 to 1.

const used = gauge(m.storageUsed)
const available = gauge(m.storageAvailable)

/** Of what the broker has and could have, by broker. */
export const diskShare = inUnit('percentunit', promql(used)`${used} / (${used} + ${available})`)

export const connectionShare = ratio(gauge(m.connectionsActive), gauge(m.connectionsLimit))

export const cpuShare = ratio(rate(m.processCpu), gauge(m.cpuLimit))

export const memoryShare = ratio(gauge(m.processResidentMemory), gauge(m.memoryLimit))

/** Share of the time in which the event loop was busy, by broker. */
export const loopUtilisation = ratio(
  sum(rate(m.eventLoopTime, { where: { state: 'active' } }), ['instance']),
  sum(rate(m.eventLoopTime), ['instance'])
)

/** Of the topics, partitions and groups that clients asked for, those that failed for the broker's fault. */
export const failedShare = share(
  sum(rate(m.requestResults, { where: { outcome: 'bad' } })),
  sum(rate(m.requestResults))
)

/** How long the disks last if they fill as they did over `range`, times `factor`; +Inf while they do not fill. */
export function timeToFull(range: string, factor: string | number = 1): Expr<TargetLabel> {
  const loss = promql(available)`clamp_min(-${growth(m.storageAvailable, { range })} * ${factor}, 0)`
  return inUnit('s', promql(available)`${available} / ${loss}`)
}

export function worst<Label extends string>(expr: Expr<Label>): Expr<never> {
  return max(expr)
}

/** Bytes of a topic that come in and go out. */
export const topicBytes = promql(
  sum(rate(m.topicBytesIn), ['topic'])
)`${sum(rate(m.topicBytesIn), ['topic'])} + ${sum(rate(m.topicBytesOut), ['topic'])}`
