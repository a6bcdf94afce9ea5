import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boolean,
  double,
  formatLong,
  int,
  LONG_MAX,
  list,
  listOf,
  long,
  oneOf,
  optional,
  password,
  pattern,
  type Setting,
  secrets,
  string
} from '../../src/config/setting.ts'

const doc = 'A setting.'

function valueOf<T>(setting: Setting<T>, text: string): T | string {
  const parsed = setting.parse(text)
  return 'problem' in parsed ? `must be ${parsed.problem}` : parsed.value
}

describe('patterns', () => {
  const setting = pattern({ default: '', doc })

  test.each(['', '.*', ' orders-(eu|us) ', '(?i)tmp'])('%j is kept as its text', text => {
    expect(valueOf(setting, text)).toBe(text.trim())
  })

  test.each([
    ['orders-(', 'must be a regular expression in the syntax of RE2: '],
    ['(?=a)', 'must be a regular expression in the syntax of RE2: '],
    ['a'.repeat(5_000), 'it has 5000 characters, at most 4096 are allowed'],
    ['(a{1000})'.repeat(10), 'at most 4096 are allowed'],
    ['((a{100}){100}){100}', 'its repetitions {n,m} are too large'],
    ['(a{1000})'.repeat(70), 'its repetitions {n,m} are too large']
  ])('%j is refused, and why', (text, problem) => {
    expect(valueOf(setting, text)).toContain(problem)
  })
})

describe('whole numbers', () => {
  test.each([
    ['0', 0],
    [' 7 ', 7],
    ['+5', 5],
    ['-3', -3],
    ['10', 10]
  ])('%j is %d', (text, value) => {
    expect(valueOf(int({ default: 0, min: -3, max: 10, doc }), text)).toBe(value)
  })

  test.each(['', ' ', '11', '-4', '1.5', '1e3', '0x10', 'ten', '1 0', '--1', '९', '99999999999999999999'])(
    '%j is refused, and the range is named',
    text => {
      expect(valueOf(int({ default: 0, min: -3, max: 10, doc }), text)).toBe('must be a whole number from -3 to 10')
    }
  )

  test('ints have 32 bits without a range of their own', () => {
    const setting = int({ default: 0, doc })
    expect(valueOf(setting, '2147483647')).toBe(2_147_483_647)
    expect(valueOf(setting, '-2147483648')).toBe(-2_147_483_648)
    expect(valueOf(setting, '2147483648')).toContain('-2147483648 to 2147483647')
  })

  test('a single value can be left out of the range', () => {
    const setting = int({ default: -1, min: -1, max: 9, except: 0, doc })
    expect(valueOf(setting, '0')).toBe('must be a whole number from -1 to 9, except 0')
    expect(valueOf(setting, '1')).toBe(1)
  })

  test("Kafka's largest long is ours, and one more is refused and not rounded into it", () => {
    const setting = long({ default: LONG_MAX, min: 0, doc })
    expect(valueOf(setting, '9223372036854775807')).toBe(LONG_MAX)
    expect(valueOf(setting, '9007199254740993')).toBe(LONG_MAX)
    expect(valueOf(setting, '9223372036854775808')).toBe('must be a whole number from 0 to 9223372036854775807')
    expect(setting.format(LONG_MAX)).toBe('9223372036854775807')
    expect(formatLong(LONG_MAX - 1)).toBe('9007199254740990')
  })

  test('an unbounded long takes any 64-bit number', () => {
    const setting = long({ default: 0, doc })
    expect(valueOf(setting, '-9223372036854775808')).toBe(-LONG_MAX)
    expect(valueOf(setting, '-9223372036854775809')).toContain('from -9223372036854775808')
  })
})

describe('other kinds', () => {
  test('booleans are read in any case and nothing else is', () => {
    const setting = boolean({ default: false, doc })
    expect(valueOf(setting, ' TRUE ')).toBe(true)
    expect(valueOf(setting, 'False')).toBe(false)
    for (const text of ['1', 'yes', 'on', '', 'tru']) expect(valueOf(setting, text)).toBe('must be true or false')
  })

  test('doubles keep their range, and NaN is none', () => {
    const setting = double({ default: 0.5, min: 0, max: 1, doc })
    expect(valueOf(setting, '.25')).toBe(0.25)
    expect(valueOf(setting, '1e-2')).toBe(0.01)
    for (const text of ['NaN', '1.1', '-0.1', 'Infinity', '', '0x1', '1,5']) {
      expect(valueOf(setting, text)).toBe('must be a number from 0 to 1')
    }
  })

  test('enumerations are exact and say what there is', () => {
    const setting = oneOf({ values: ['synced', 'os'], default: 'synced', doc })
    expect(valueOf(setting, ' os ')).toBe('os')
    expect(valueOf(setting, 'OS')).toBe('must be one of synced, os')
  })

  test('lists lose the spaces around items, and empty items', () => {
    const setting = list({ default: [], doc })
    expect(valueOf(setting, ' a , b,,c ')).toEqual(['a', 'b', 'c'])
    expect(valueOf(setting, '')).toEqual([])
    expect(setting.format(['a', 'b'])).toBe('a,b')
  })

  test('lists can demand a form of each item', () => {
    const setting = list({ default: [], item: /^\d+:\d+$/, allowed: 'pairs', doc })
    expect(valueOf(setting, '0:1,1:2')).toEqual(['0:1', '1:2'])
    expect(valueOf(setting, '0:1,x')).toBe('must be pairs')
  })

  test('lists of known values name each once', () => {
    const setting = listOf({ values: ['delete', 'compact'], default: ['delete'], doc })
    expect(valueOf(setting, 'compact, delete,compact')).toEqual(['compact', 'delete'])
    expect(valueOf(setting, '')).toEqual([])
    expect(valueOf(setting, 'none')).toBe('must be a comma-separated list of delete, compact')
  })

  test('text can have a pattern', () => {
    const setting = string({ default: '', pattern: /^\w*$/, allowed: 'letters', doc })
    expect(valueOf(setting, ' ab ')).toBe('ab')
    expect(valueOf(setting, 'a b')).toBe('must be letters')
  })

  test('secrets are a list that is never shown', () => {
    const setting = secrets({ default: [], doc, item: /^\w{4,}$/, allowed: 'words' })
    expect(setting.parse(' abcd, efgh ,')).toEqual({ value: ['abcd', 'efgh'] })
    expect(setting.parse('abcd,e')).toEqual({ problem: 'words' })
    expect([setting.isSensitive, setting.kind]).toEqual([true, 'password'])
  })

  test('passwords keep their spaces and are sensitive', () => {
    const setting = password({ default: '', doc })
    expect(valueOf(setting, ' a b ')).toBe(' a b ')
    expect(setting.isSensitive).toBe(true)
  })

  test('an optional setting is not set by default', () => {
    const setting = optional(int({ default: 7, doc }))
    expect(setting.default).toBeNull()
    expect(setting.format(null)).toBeNull()
    expect(setting.format(3)).toBe('3')
    expect(valueOf(setting, '3')).toBe(3)
  })
})

test('what is formatted reads back as the same value', () => {
  const number = long({ default: 0, doc })
  fc.assert(
    fc.property(fc.integer({ min: -LONG_MAX, max: LONG_MAX }), value => {
      expect(valueOf(number, number.format(value) ?? '')).toBe(value)
    })
  )
})

test('no text makes a setting throw', () => {
  const settings: Setting<unknown>[] = [
    int({ default: 0, doc }),
    long({ default: 0, doc }),
    double({ default: 0, min: 0, max: 1, doc }),
    boolean({ default: true, doc }),
    listOf({ values: ['a'], default: [], doc }),
    oneOf({ values: ['a'], default: 'a', doc })
  ]
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...settings), (text, setting) => {
      const parsed = setting.parse(text)
      expect('problem' in parsed ? parsed.problem : 'fine').not.toBe('')
    })
  )
})
