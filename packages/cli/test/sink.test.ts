import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { Sink } from '../src/sink.ts'

function failing(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(code), { code }))
    }
  })
}

it.each([
  ['EPIPE', false],
  ['ENOSPC', true]
])('after %s it drops writes and waits for nobody', async (code, isFailure) => {
  const sink = new Sink(failing(code))
  sink.write('x')
  await sink.drained()
  await new Promise(resolve => {
    setImmediate(resolve)
  })
  expect(sink.isBroken).toBe(true)
  expect(sink.failure !== null).toBe(isFailure)
  expect(sink.write('y')).toBe(true)
  await sink.drained()
  await sink.flushed()
})

it('waits for a reader that is slow', async () => {
  let release = (): void => {}
  const stream = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      release = done
    }
  })
  const sink = new Sink(stream)
  expect(sink.write('abc')).toBe(false)
  let isDrained = false
  const drained = sink.drained().then(() => {
    isDrained = true
  })
  await Promise.resolve()
  expect(isDrained).toBe(false)
  release()
  await drained
  expect(isDrained).toBe(true)
})
