import fs from 'node:fs'
import { columns } from './figures.ts'
import { machineLine, readMachine } from './machine.ts'
import { microBenches } from './micro.ts'
import { runMicro } from './micro-bench.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const ROUNDS = 32
const directory = temporaryDirectory('micro')
try {
  console.log(machineLine(readMachine()))
  const rows = microBenches(directory, true).map(bench => {
    const { name, nsPerOp, gbPerSecond, hash } = runMicro(bench, ROUNDS)
    return [name, nsPerOp.toFixed(1), gbPerSecond > 0 ? gbPerSecond.toFixed(2) : '', String(hash)]
  })
  console.log(columns([['primitive', 'ns/op', 'GB/s', 'hash of the work'], ...rows], new Set([1, 2, 3])))
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
