/** Skipped: what was to be judged could not be looked at, or does not exist there. */
export type State = 'ok' | 'warning' | 'failed' | 'skipped'

/** What one check says: a line of the report. */
export interface Finding {
  readonly check: string
  readonly state: State
  /** What was found: values with the range that is allowed. */
  readonly found: string
  /** What to do about it; empty when there is nothing to do. */
  readonly wayOut: string
}

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found, wayOut: '' }
}

export function warning(check: string, found: string, wayOut: string): Finding {
  return { check, state: 'warning', found, wayOut }
}

export function failed(check: string, found: string, wayOut: string): Finding {
  return { check, state: 'failed', found, wayOut }
}

/** `why` is all there is to say. */
export function skipped(check: string, why: string, wayOut = ''): Finding {
  return { check, state: 'skipped', found: why, wayOut }
}

export interface Levels {
  readonly warning: number
  readonly failed: number
}

/** For checks that only metrics answer. */
export function withoutMetrics(check: string): Finding {
  return skipped(check, 'told by the metrics of the admin port, which were not read')
}

/** The state of a value that is bad when it is high; from each level on. */
export function stateAbove(value: number, levels: Levels): State {
  if (value >= levels.failed) return 'failed'
  return value >= levels.warning ? 'warning' : 'ok'
}

/** A finding whose state is computed; the way out is left out when it is ok. */
export function judged(check: string, state: State, { found, wayOut }: Pick<Finding, 'found' | 'wayOut'>): Finding {
  return { check, state, found, wayOut: state === 'ok' ? '' : wayOut }
}

/** `items`, the first few of them by name. */
export function listed(items: readonly string[], max = 5): string {
  return items.length <= max ? items.join(', ') : `${items.slice(0, max).join(', ')}, … (${items.length} in all)`
}
