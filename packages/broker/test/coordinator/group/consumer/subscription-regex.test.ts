import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  loadPatternCompiler,
  type TopicPattern
} from '../../../../src/coordinator/group/consumer/subscription-regex.ts'
import { CoordinatorRefused } from '../../../../src/coordinator/runtime/coordinator-refused.ts'

function matchingTopics(pattern: TopicPattern, topics: Iterable<string>): string[] {
  return [...topics].filter(topic => pattern.matches(topic)).sort()
}

const compile = await loadPatternCompiler()

function complaint(text: string, limits?: { lengthMax: number; programMax: number }): string {
  try {
    compile(text, limits)
  } catch (error) {
    if (error instanceof CoordinatorRefused) {
      expect(error.errorName).toBe('INVALID_REGULAR_EXPRESSION')
      return error.message
    }
    throw error
  }
  throw new Error(`${text} was taken`)
}

describe('matching', () => {
  test('the whole name must match', () => {
    const topics = ['orders', 'orders-eu', 'my-orders', 'payments']
    expect(matchingTopics(compile('orders'), topics)).toEqual(['orders'])
    expect(matchingTopics(compile('orders.*'), topics)).toEqual(['orders', 'orders-eu'])
    expect(matchingTopics(compile('pay|orders'), topics)).toEqual(['orders'])
    expect(matchingTopics(compile('.*'), topics)).toEqual(['my-orders', 'orders', 'orders-eu', 'payments'])
    expect(matchingTopics(compile('(?i)ORDERS(?P<region>-\\w+)?'), topics)).toEqual(['orders', 'orders-eu'])
  })

  test('repetitions side by side add up, they do not multiply', () => {
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
    const name = 'uploads-of-customer-0189f7e2-5d3b-7c41-9a6e-1b2c3d4e5f60'
    expect(matchingTopics(compile(`uploads-of-customer-${uuid}`), [name, 'uploads'])).toEqual([name])
  })

  test('patterns that both know mean the same as in JavaScript', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\.', '\\w', '\\d', '(a|b-)', '(?:ab)')
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '*?')).map(parts => parts.join(''))
    const pattern = fc.array(fc.array(piece, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '_', '1'), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(pattern, fc.array(name, { maxLength: 10 }), (branches, names) => {
        const text = branches.map(pieces => pieces.join('')).join('|')
        const oracle = new RegExp(`^(?:${text})$`)
        expect(matchingTopics(compile(text), names)).toEqual(names.filter(each => oracle.test(each)).sort())
      }),
      { numRuns: 300 }
    )
  })

  test('what takes other engines forever does not take long', () => {
    expect(matchingTopics(compile('(a+)+$'), [`${'a'.repeat(248)}!`, 'aaa'])).toEqual(['aaa'])
  })
})

describe('refused', () => {
  test('what is not RE2, in words that name it', () => {
    expect(complaint('orders-(')).toBe(
      'SubscribedTopicRegex `orders-(` is not a valid regular expression: ' +
        'error parsing regexp: missing closing ): `orders-(`.'
    )
    expect(complaint('(?=a)b')).toContain('unsupported Perl syntax: `(?=`')
    expect(complaint('(a)\\1')).toContain('invalid escape sequence: `\\1`')
    for (const text of ['[', '*a', 'a**', 'a{1001}', '((a{100}){100})', '(?<=a)b', '[z-a]', '('.repeat(2000)]) {
      expect(complaint(text)).toContain('is not a valid regular expression')
    }
  })

  test('what is too long, without being shown in full', () => {
    const message = complaint('a'.repeat(1_048_576))
    expect(message).toContain('it has 1048576 characters, at most 4096 are allowed')
    expect(message.length).toBeLessThan(300)
    expect(compile('a'.repeat(4096 - 3)).matches('a')).toBe(false)
  })

  test('what is too large when compiled, before it is compiled if it is much too large', () => {
    expect(complaint('x{1000}'.repeat(500))).toContain('its repetitions {n,m} are too large')
    expect(complaint(`((?:${'ab'.repeat(100)}){31}){32}`)).toContain('its repetitions {n,m} are too large')
    expect(complaint('(?:x?){1000}(?:y?){1000}(?:z?){1000}')).toMatch(
      /it compiles to 6\d\d\d instructions, at most 4096/
    )
    expect(complaint('abc', { lengthMax: 10, programMax: 4 })).toContain('at most 4 are allowed')
    expect(compile('[a-z]{1,100}-[a-z.]{1,100}').matches('orders-eu')).toBe(true)
  })

  test('whatever a client sends is compiled or refused', () => {
    const scrap = fc.string({ unit: fc.constantFrom(...'ab.*+?|()[]{}^$\\-,:<>=!P0129pLQEz'.split('')), maxLength: 30 })
    fc.assert(
      fc.property(fc.oneof(scrap, fc.string({ unit: 'binary' })), fc.string({ maxLength: 20 }), (text, name) => {
        try {
          expect(typeof compile(text).matches(name)).toBe('boolean')
        } catch (error) {
          expect(error).toBeInstanceOf(CoordinatorRefused)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
