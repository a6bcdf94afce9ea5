// Loaded into the broker under test with `node --expose-gc --import`: answers SIGUSR2 with what is alive on its heap.
import { writeSync } from 'node:fs'

process.on('SIGUSR2', () => {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  writeSync(2, `\nheap-probe ${heapUsed} ${external} ${arrayBuffers}\n`)
})
