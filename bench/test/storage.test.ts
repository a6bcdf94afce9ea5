import { expect, test } from 'vitest'
import type { Figures } from '../figures.ts'
import { BENCHES } from '../storage/benches.ts'
import { TINY } from '../storage/sizes.ts'

/** Some figures of each bench, with their systems. */
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  append: [
    'append ×1 synced|bare',
    'append ×3 synced|log',
    'append ×3 synced, to durable, p99|log',
    'append ×3 synced, syncs|bare',
    'append ×1 flush.ms=1|log',
    'append ×3 flush.messages=64|log',
    'append ×3 os, batches|log'
  ],
  read: ['read in cache 64 KiB|bare', 'read in cache 64 KiB|log', 'read at the tail, 16 KiB, p99|log']
}

/** Every bench at tiny size, so that it cannot rot. Nothing here is a timing: only that all of it moved. */
test.each([...BENCHES.keys()])('%s measures its figures', async name => {
  const figures: Figures = new Map()
  await BENCHES.get(name)?.({ sizes: TINY, figures, progress() {} })
  for (const { name: figure, system, samples } of figures.values()) {
    expect(samples, `${figure} of ${system}`).not.toHaveLength(0)
    expect(
      samples.every(sample => sample > 0),
      `${figure} of ${system}: ${samples.join(' ')}`
    ).toBe(true)
  }
  const seen = [...figures.values()].map(figure => `${figure.name}|${figure.system}`)
  expect(seen).toEqual(expect.arrayContaining([...(FIGURES[name] ?? ['this bench has no figures here'])]))
})
