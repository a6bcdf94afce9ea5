import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommitQueue } from '../../src/partition/commit-queue.ts'

type Step =
  | { do: 'push'; records: number; timeoutMs: number; waits: boolean }
  | { do: 'advance'; by: number }
  | { do: 'pass'; ms: number }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('push' as const),
      records: fc.integer({ min: 1, max: 9 }),
      timeoutMs: fc.integer({ min: 0, max: 100 }),
      waits: fc.boolean()
    }),
    fc.record({ do: fc.constant('advance' as const), by: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 60 }) })
  ),
  { maxLength: 300 }
)

test('each waiter hears exactly once: committed when the watermark passed it, timed out when its time came first', () => {
  fc.assert(
    fc.property(steps, script => {
      const queue = new CommitQueue()
      const heard: string[] = []
      const expected: string[] = []
      const open: { id: number; last: number; deadline: number; waits: boolean }[] = []
      let [end, watermark, now, id] = [0, 0, 0, 0]
      let latencies = 0
      for (const step of script) {
        if (step.do === 'push') {
          const mine = id++
          end += step.records
          const waiter = {
            committed: () => heard.push(`${mine} committed`),
            timedOut: () => heard.push(`${mine} timed out`)
          }
          queue.push(end - 1, now, now + step.timeoutMs, step.waits ? waiter : null)
          open.push({ id: mine, last: end - 1, deadline: now + step.timeoutMs, waits: step.waits })
        } else if (step.do === 'advance') {
          watermark = Math.min(end, watermark + step.by)
          queue.advance(watermark, now, () => latencies++)
          while (open[0] !== undefined && open[0].last < watermark) {
            const entry = open.shift()
            if (entry?.waits) expected.push(`${entry.id} committed`)
          }
        } else {
          now += step.ms
          queue.expire(now)
          for (const entry of open) {
            if (!entry.waits || entry.deadline > now) continue
            entry.waits = false
            expected.push(`${entry.id} timed out`)
          }
        }
        expect(heard).toEqual(expected)
        expect(queue.waiterCount).toBe(open.filter(({ waits }) => waits).length)
        expect(queue.isEmpty).toBe(open.length === 0)
        expect(latencies).toBe(id - open.length)
      }
    })
  )
})
