import { expect, test } from 'vitest'
import { Errors, errorByCode } from '../src/errors.ts'

const all = Object.values(Errors)

test('every code from −1 to 133 is there exactly once', () => {
  expect(all.map(error => error.code)).toEqual(Array.from({ length: 135 }, (_, index) => index - 1))
  for (const error of all) expect(errorByCode(error.code)).toBe(error)
})

test('names are unique, messages are sentences', () => {
  expect(new Set(all.map(error => error.name)).size).toBe(135)
  for (const { name, message } of all) {
    expect(Errors[name].name).toBe(name)
    expect(message).toMatch(/^[A-Za-z].*\.$/)
  }
})

// Which errors a client retries is part of the protocol's behaviour: as Kafka 4.3's clients class them.
test('these errors are retriable and no others', () => {
  const retriable = all.filter(error => error.retriable).map(error => error.code)
  expect(retriable).toEqual([
    2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 88, 89, 100, 103, 106,
    122, 123, 133
  ])
})

test('a code of a newer peer is an unknown error', () => {
  expect(errorByCode(9999)).toBe(Errors.UNKNOWN_SERVER_ERROR)
})
