import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeClock } from '@streambus/base/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { momentAfter, momentOf } from '../../src/top/moments.ts'
import { rate } from '../../src/top/rates.ts'

let pages: string[]
let asked: number
let server: http.Server

const page = (uptime: number | null, count: number): string =>
  `streambus_broker_status 2\nc_total ${count}\n${uptime === null ? '' : `streambus_broker_uptime_seconds ${uptime}\n`}`

beforeEach(async () => {
  asked = 0
  server = http.createServer((_, response) => response.end(pages[Math.min(asked++, pages.length - 1)]))
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
})

afterEach(() => server.close())

/** Its waits are over at once, and take their time all the same. */
function scraped() {
  let waitedMs = 0
  const clock = {
    monotonicMs: () => waitedMs,
    after(delayMs: number, run: () => void) {
      waitedMs += delayMs
      return nodeClock.after(0, run)
    }
  }
  const { port } = server.address() as AddressInfo
  return { address: { host: '127.0.0.1', port }, clock, timeoutMs: 5_000 }
}

test('rates go by the time at which the broker took its numbers, and wait for new ones', async () => {
  pages = [page(10, 100), page(10, 100), page(10, 100), page(12, 130)]
  const source = scraped()
  const before = await momentOf(source)
  const after = await momentAfter(before, source)
  expect([after.atMs - before.atMs, asked]).toEqual([2_000, 4])
  expect(rate({ before, after }, 'c_total')).toBe(15)
})

test('who keeps its numbers for long has no rates', async () => {
  pages = [page(10, 100)]
  const source = scraped()
  const before = await momentOf(source)
  const after = await momentAfter(before, source)
  expect(rate({ before, after }, 'c_total')).toBe(null)
  expect(asked).toBeLessThan(20)
})

test('without a time in the numbers it is ours', async () => {
  pages = [page(null, 1)]
  expect((await momentOf(scraped())).atMs).toBe(0)
})
