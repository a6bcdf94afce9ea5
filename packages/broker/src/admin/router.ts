import { assert } from '@streambus/base'
import type { Route } from './route.ts'

export type Found =
  | { readonly kind: 'route'; readonly route: Route; readonly params: ReadonlyMap<string, string> }
  | { readonly kind: 'wrong-method'; readonly allow: readonly string[] }
  | { readonly kind: 'unknown' }

interface Entry {
  readonly route: Route
  readonly segments: readonly string[]
}

/**
 * Finds the route of a path. HEAD is served wherever GET is, unless the route has none. Throws for two routes with one
 * pattern.
 */
export class Router {
  readonly routes: readonly Route[]
  readonly #entries: readonly Entry[]

  constructor(routes: readonly Route[]) {
    this.routes = routes
    this.#entries = routes.map(route => ({ route, segments: split(route.path) }))
    const patterns = new Set(routes.map(({ method, path }) => `${method} ${path.replace(/:[^/]+/g, ':')}`))
    assert(patterns.size === routes.length, 'each route has its own pattern')
  }

  find(method: string, path: string): Found {
    const segments = split(path)
    const wanted = method === 'HEAD' ? 'GET' : method
    const allow = new Set<string>()
    for (const { route, segments: pattern } of this.#entries) {
      const params = match(pattern, segments)
      if (params === null) continue
      const isRefused = method === 'HEAD' && route.hasNoHead === true
      if (route.method === wanted && !isRefused) return { kind: 'route', route, params }
      allow.add(route.method)
      if (route.method === 'GET' && route.hasNoHead !== true) allow.add('HEAD')
    }
    return allow.size > 0 ? { kind: 'wrong-method', allow: [...allow] } : { kind: 'unknown' }
  }
}

/** A slash at the end makes no difference. */
function split(path: string): string[] {
  const segments = path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  return segments
}

function match(pattern: readonly string[], segments: readonly string[]): Map<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params = new Map<string, string>()
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] as string
    if (!expected.startsWith(':')) {
      if (expected !== actual) return null
      continue
    }
    const value = decode(actual)
    if (value === null) return null
    params.set(expected.slice(1), value)
  }
  return params
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
