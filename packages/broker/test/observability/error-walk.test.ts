import { apis, Errors, type FieldSpec } from '@streambus/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classOf } from '../../src/observability/error-class.ts'
import { compileErrorWalk } from '../../src/observability/error-walk.ts'

/** Any value of a message as far as structures and error codes go, with fields left out and nulls in it. */
function valueOf(fields: readonly FieldSpec[]): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  for (const { name, type } of fields) {
    if (type.kind === 'struct') model[name] = fc.option(valueOf(type.fields))
    else if (type.kind === 'array' && type.element.kind === 'struct') {
      model[name] = fc.option(fc.array(valueOf(type.element.fields), { maxLength: 3 }))
    } else if (type.kind === 'int16') model[name] = fc.integer({ min: 0, max: 3 })
    else model[name] = fc.constant('anything')
  }
  return fc.record(model, { requiredKeys: [] })
}

/** The same without the table: whatever is called errorCode. */
function searched(value: unknown, isNested: boolean, found: string[]): void {
  if (Array.isArray(value)) for (const element of value) searched(element, true, found)
  else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'errorCode') found.push(`${String(inner)} ${isNested}`)
      else searched(inner, true, found)
    }
  }
}

describe('compileErrorWalk', () => {
  it.each(Object.values(apis).map(api => [api.name, api] as const))(
    'finds every error code of an answer to %s',
    (_name, api) => {
      const walk = compileErrorWalk(api.response.fields)
      fc.assert(
        fc.property(valueOf(api.response.fields), answer => {
          const [seen, expected]: [string[], string[]] = [[], []]
          walk(answer, (code, isNested) => seen.push(`${code} ${isNested}`))
          searched(answer, false, expected)
          // What is left out is no error.
          const errors = (list: readonly string[]): string[] => list.filter(each => !each.startsWith('0 ')).toSorted()
          expect(errors(seen)).toEqual(errors(expected))
          expect(seen.length).toBeGreaterThanOrEqual(expected.length)
        }),
        { numRuns: 50 }
      )
    }
  )
})

describe('classOf', () => {
  it('blames the broker for what it owes its clients, and clients for what they send', () => {
    expect(classOf(Errors.KAFKA_STORAGE_ERROR.code)).toEqual({ name: 'KAFKA_STORAGE_ERROR', errorClass: 'server' })
    expect(classOf(Errors.CORRUPT_MESSAGE.code).errorClass).toBe('client')
    expect(classOf(Errors.MESSAGE_TOO_LARGE.code).errorClass).toBe('client')
    expect(classOf(Errors.UNKNOWN_TOPIC_OR_PARTITION.code).errorClass).toBe('retriable')
    expect(classOf(Errors.REBALANCE_IN_PROGRESS.code).errorClass).toBe('retriable')
    expect(classOf(31_000).errorClass).toBe('server')
  })
})
