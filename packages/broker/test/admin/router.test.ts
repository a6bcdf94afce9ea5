import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json, type Route } from '../../src/admin/route.ts'
import { Router } from '../../src/admin/router.ts'

function route(method: 'GET' | 'PUT', path: string): Route {
  return { method, path, summary: '', handle: () => json(200, {}) }
}

const router = new Router([
  route('GET', '/'),
  route('GET', '/topics'),
  route('GET', '/topics/:name'),
  route('PUT', '/level'),
  route('GET', '/level')
])

function pathOf(method: string, path: string): string {
  const found = router.find(method, path)
  return found.kind === 'route' ? `${found.route.method} ${found.route.path}` : found.kind
}

describe('Router', () => {
  it('finds by method and path, with HEAD as GET and a slash at the end ignored', () => {
    expect(pathOf('GET', '/')).toBe('GET /')
    expect(pathOf('GET', '/topics')).toBe('GET /topics')
    expect(pathOf('GET', '/topics/')).toBe('GET /topics')
    expect(pathOf('HEAD', '/topics')).toBe('GET /topics')
    expect(pathOf('PUT', '/level')).toBe('PUT /level')
    expect(pathOf('GET', '/topics/a/b')).toBe('unknown')
    expect(pathOf('GET', '')).toBe('GET /')
  })

  it('says which methods a path takes', () => {
    expect(router.find('DELETE', '/level')).toEqual({ kind: 'wrong-method', allow: ['PUT', 'GET', 'HEAD'] })
    expect(router.find('POST', '/topics/x')).toEqual({ kind: 'wrong-method', allow: ['GET', 'HEAD'] })
  })

  it('decodes parameters, and never throws for what a client sends', () => {
    const found = router.find('GET', '/topics/a%2Fb%20c')
    expect(found.kind === 'route' && found.params.get('name')).toBe('a/b c')
    expect(pathOf('GET', '/topics/%E0%A4%A')).toBe('unknown')
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (path, method) => void router.find(method, path)))
  })

  it('gives back any name that was encoded', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), name => {
        const found = router.find('GET', `/topics/${encodeURIComponent(name)}`)
        expect(found.kind === 'route' && found.params.get('name')).toBe(name)
      })
    )
  })

  it('refuses two routes with one pattern', () => {
    expect(() => new Router([route('GET', '/t/:a'), route('GET', '/t/:b')])).toThrow('pattern')
  })
})
