import { describe, expect, it } from 'vitest'
import { parseTopics } from '../../src/group/topic-selection.ts'

describe('--topic', () => {
  it('names a topic or partitions, and adds up', () => {
    const selection = parseTopics(['a', 'b:2,0', 'b:1,2', 'c:1', 'c', 'd', 'd:1'])
    expect([...selection]).toEqual([
      ['a', null],
      ['b', [0, 1, 2]],
      ['c', null],
      ['d', null]
    ])
  })

  it.each([
    ['', "--topic is ''"],
    [':1', "--topic is ':1'"],
    ['a:', "--topic a:: partition is ''"],
    ['a:1,x', "--topic a:1,x: partition is 'x'; a whole number of 0 … 2147483647"]
  ])('%j is refused', (text, message) => {
    expect(() => parseTopics([text])).toThrow(message)
  })
})
