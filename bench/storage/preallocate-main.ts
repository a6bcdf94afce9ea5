import { parseArgs } from 'node:util'
import { table } from '../figures.ts'
import { machineLine, readMachine } from '../machine.ts'
import { type PreallocateSizes, runPreallocate } from './preallocate.ts'

// node bench/storage/preallocate-main.ts [--quick] [--repeats N]
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, repeats: { type: 'string' } }
})
const full: PreallocateSizes = { repeats: 3, count: 2_000, bytes: 32 * 1024 * 1024 }
const sizes = values.quick ? { repeats: 1, count: 200, bytes: 0 } : full
console.log(machineLine(readMachine()))
const progress = (line: string): void => console.error(line)
const figures = await runPreallocate({ ...sizes, repeats: Number(values.repeats ?? sizes.repeats) }, progress)
console.log(table(figures, 'grows'))
