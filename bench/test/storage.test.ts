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
  lookup: [
    'look-up by offset in 256 KiB, newest segment, p50|log',
    'look-up by offset in 1.5 MiB, anywhere, p99|log',
    'look-up by time in 1.5 MiB, first, p99|log'
  ],
  open: [
    'open 5 partitions, clean|bare',
    'open 5 partitions, unclean|log',
    'open 5 partitions, clean, descriptors each|log'
  ],
  recovery: [
    'recover 64 KiB above 256 KiB in active segment|bare',
    'recover 128 KiB above 1 MiB in active segment|log',
    'recover 128 KiB above 1 MiB in closed segments|log'
  ],
  read: ['read in cache 64 KiB|bare', 'read in cache 64 KiB|log', 'read at the tail, 16 KiB, p99|log']
}

/** Every bench at tiny size, so that it cannot rot. Nothing here is a timing: only that all of it moved. */
test.each([...BENCHES.keys()])('%s measures its figures', async name => {
  const figures: Figures = new Map()
  await BENCHES.get(name)?.({ sizes: TINY, figures, progress() {} })
  for (const { name: figure, system, samples } of figures.values()) {
    expect(samples, `${figure} of ${system}`).not.toHaveLength(0)
    // A handful of partitions may take no memory that can be seen.
    const least = figure.endsWith('each') ? Number.NEGATIVE_INFINITY : 0
    expect(
      samples.every(sample => sample > least),
      `${figure} of ${system}: ${samples.join(' ')}`
    ).toBe(true)
  }
  const seen = [...figures.values()].map(figure => `${figure.name}|${figure.system}`)
  expect(seen).toEqual(expect.arrayContaining([...(FIGURES[name] ?? ['this bench has no figures here'])]))
})
