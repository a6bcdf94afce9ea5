import fs from 'node:fs'
import path from 'node:path'
import {
  type Cells,
  catalogue,
  type Definition,
  Family,
  Histogram,
  type MetricKey,
  owners,
  Summary
} from '@streambus/metrics'
import { beforeAll, expect, test } from 'vitest'
import { MemoryDisk } from '../../src/memory-disk.ts'
import { startBroker, type TestBroker } from '../../src/start-broker.ts'
import { REACHED_BY } from './reached-by.ts'
import { CONFIG, runScenario, type Tally, TOPIC } from './scenario.ts'

const PACKAGES = path.join(import.meta.dirname, '../../..')
let tally: Tally
let counted: Cells
/** What has moved in any life of the broker. */
const reached = new Set<string>()

function hasMoved(cell: unknown): boolean {
  if (cell instanceof Histogram || cell instanceof Summary) return cell.count > 0
  return (cell as { readonly value: number }).value !== 0
}

function noteReached({ broker: { metrics } }: TestBroker): void {
  for (const key of Object.keys(catalogue) as MetricKey[]) {
    const holder = metrics.cells[key]
    const cells: unknown[] = holder instanceof Family ? [...holder.children()].map(({ cell }) => cell) : [holder]
    if (cells.some(hasMoved)) reached.add(key)
  }
}

async function eventually(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !isSo(); attempt++) await new Promise(resolve => setTimeout(resolve, 50))
  expect(isSo()).toBe(true)
}

beforeAll(async () => {
  const disk = new MemoryDisk()
  const first = await startBroker({ disk, config: CONFIG })
  const { metrics } = first.broker
  // In the same turn as all that is looked at: what waits then may be over when the text is written.
  metrics.beforeRender(() => noteReached(first))
  const look = async (): Promise<void> => {
    await metrics.render('openmetrics')
    noteReached(first)
  }
  const { cells } = metrics
  const lookAtWaiting = async (): Promise<void> => {
    for (let attempt = 0; attempt < 100 && cells.purgatorySize.child('fetch').value === 0; attempt++) await look()
  }
  tally = await runScenario(first, lookAtWaiting)
  await eventually(() => cells.compactions.value > 0 && cells.segmentsDeleted.value > 0)
  await eventually(() => cells.producerExpirations.value > 0)
  await look()
  counted = cells
  await first.kill()
  disk.crash()
  const second = await startBroker({ disk, config: CONFIG })
  await second.broker.metrics.render()
  noteReached(second)
  await second.stop()
}, 60_000)

const definitions = Object.entries(catalogue) as [MetricKey, Definition][]

test('counters of a real broker are what a real client has sent and received', () => {
  const cells = counted
  expect(cells.messagesProduced.value).toBe(tally.records)
  expect(cells.messagesConsumed.value).toBe(tally.consumed)
  const invalid = [...cells.invalidRecords.children()].reduce((sum, { cell }) => sum + cell.value, 0)
  expect(invalid).toBe(tally.refused)
  expect(cells.consumerGroupOffsetCommits.child('billing').value).toBe(tally.commits)
  expect(cells.topicMessagesOut.child(TOPIC).value).toBe(tally.consumed)
  const http = [...cells.httpRequests.children()].reduce((sum, { cell }) => sum + cell.value, 0)
  expect(http).toBe(tally.httpRequests)
  expect(cells.messagesStored.value).toBeGreaterThan(tally.records)
})

test.each(definitions)('%s moves in a scenario, or in a test that is named', (key, { name, owner }) => {
  const { awaits } = owners[owner]
  const elsewhere = REACHED_BY[key]
  if (awaits !== null) {
    expect(reached.has(key), 'what awaits a part of the broker is not fed').toBe(false)
    expect(elsewhere, 'what is not fed needs no test').toBeUndefined()
    return
  }
  if (elsewhere === undefined) {
    expect(reached.has(key), 'nothing in the scenario has moved it').toBe(true)
    return
  }
  expect(fs.readFileSync(path.join(PACKAGES, elsewhere), 'utf8')).toMatch(new RegExp(`\\b(${key}|${name})\\b`))
})
