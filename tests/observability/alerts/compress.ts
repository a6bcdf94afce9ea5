import { parse, stringify } from 'yaml'
import { tokenize } from '../../../tools/promql/tokens.ts'

/** All that is a time in the shipped files is divided by this: a minute is a second. */
export const COMPRESSION = 60

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly { readonly expr: string; readonly for?: string }[]
  }[]
}

/**
 * A rule file of Prometheus whose windows, offsets and `for` pass 60 times as fast, evaluated every second. Thresholds
 * and numbers, also those that mean seconds, stay as they are.
 */
export function compressRules(text: string): string {
  const { groups } = parse(text) as RuleFile
  return stringify({
    groups: groups.map(group => ({ ...group, interval: '1s', rules: group.rules.map(rule => compressRule(rule)) }))
  })
}

function compressRule<R extends { readonly expr: string; readonly for?: string }>(rule: R): R {
  const shorter = { ...rule, expr: compressExpression(rule.expr) }
  return rule.for === undefined ? shorter : { ...shorter, for: compressDuration(rule.for) }
}

/** Only durations change; everything else is kept to the letter. */
export function compressExpression(expr: string): string {
  let changed = ''
  let from = 0
  for (const { kind, text, at } of tokenize(expr)) {
    if (kind !== 'duration') continue
    changed += expr.slice(from, at) + compressDuration(text)
    from = at + text.length
  }
  return changed + expr.slice(from)
}

/** '1h30m' → '90000ms'. */
export function compressDuration(text: string): string {
  let ms = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) ms += Number(count) * (UNIT_MS[unit] ?? 0)
  return `${Math.round(ms / COMPRESSION)}ms`
}

interface Route {
  readonly routes?: readonly Route[]
}

interface AlertmanagerFile {
  readonly global: object
  readonly route: Route
  readonly receivers: readonly { readonly name: string }[]
  readonly inhibit_rules: readonly object[]
}

/**
 * Routes and inhibitions of a configuration of Alertmanager, their waits 60 times as short. Every receiver becomes a
 * webhook at `${webhookUrl}/<name of the receiver>` that is told of ends, too.
 */
export function compressAlertmanager(text: string, webhookUrl: string): string {
  const { route, receivers, inhibit_rules } = parse(text) as AlertmanagerFile
  return stringify({
    route: compressRoute(route),
    receivers: receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url: `${webhookUrl}/${name}`, send_resolved: true }]
    })),
    inhibit_rules
  })
}

function compressRoute(route: Route): Route {
  const entries = Object.entries(route).map(([key, value]): [string, unknown] =>
    /^group_wait$|_interval$/.test(key) ? [key, compressDuration(String(value))] : [key, value]
  )
  const { routes } = route
  return { ...Object.fromEntries(entries), ...(routes === undefined ? {} : { routes: routes.map(compressRoute) }) }
}
