import { type Awaited, catalogue, owners } from '@streambus/metrics'
import { namesIn } from '../promql/index.ts'

const awaitedBy = new Map<string, Awaited | null>(
  Object.values(catalogue).map(({ name, owner }) => [name, owners[owner].awaits])
)

/** The part of the broker without which an expression stays at zero; null when everything in it is fed. */
export function awaitedIn(expr: string): Awaited | null {
  const awaited = [...namesIn(expr)].map(
    name => awaitedBy.get(name) ?? awaitedBy.get(name.replace(/_(bucket|sum|count)$/, '')) ?? null
  )
  return awaited.find(one => one !== null) ?? null
}

/** Fields of log lines that nothing writes yet. */
const AWAITED_FIELDS: Readonly<Record<string, Awaited>> = { principal: 'security' }

/** The same for what is asked of logs. */
export function awaitedInLogs(expr: string): Awaited | null {
  const found = Object.entries(AWAITED_FIELDS).find(([field]) => new RegExp(`\\b${field}\\b`).test(expr))
  return found?.[1] ?? null
}
