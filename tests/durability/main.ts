import { parseArgs } from 'node:util'
import { Cleanup } from './cleanup.ts'
import { fullDiskRig } from './full-disk.ts'
import { killRig } from './kill.ts'
import { powerCutRig } from './power-cut.ts'
import type { Rig, RigReport } from './rig.ts'
import { syncErrorRig } from './sync-error.ts'

const RIGS: Readonly<Record<string, Rig>> = {
  kill: killRig,
  'full-disk': fullDiskRig,
  'sync-error': syncErrorRig,
  'power-cut': powerCutRig
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, cycles: { type: 'string' }, seed: { type: 'string' } }
})
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
const cycles = values.cycles === undefined ? null : Number(values.cycles)
const names = values.only?.split(',') ?? Object.keys(RIGS)
const unknown = names.filter(name => RIGS[name] === undefined)
if (
  unknown.length > 0 ||
  !Number.isSafeInteger(seed) ||
  (cycles !== null && !(Number.isSafeInteger(cycles) && cycles > 0))
) {
  console.error(
    `usage: [--only ${Object.keys(RIGS).join(',')}] [--cycles N] [--seed N], whole numbers; got ${process.argv.slice(2).join(' ')}`
  )
  process.exit(2)
}

const again = cycles === null ? '' : ` --cycles ${cycles}`
console.log(
  `seed ${seed}; npm run test:durability -- --only ${names.join(',')} --seed ${seed}${again} draws the same moments`
)
let failures = 0
for (const name of names) {
  const { verdict, lines } = await runOne(RIGS[name] as Rig)
  console.log(`${name}: ${verdict}`)
  for (const line of lines) console.log(`  ${line}`)
  if (verdict === 'failed' || verdict === 'invalid') failures++
}
process.exit(failures === 0 ? 0 : 1)

async function runOne(rig: Rig): Promise<RigReport> {
  const cleanup = new Cleanup()
  const stopListening = cleanup.onSignals()
  try {
    return await rig({ seed, cycles, cleanup, say: line => console.error(line) })
  } catch (error) {
    return { verdict: 'failed', lines: [(error as Error).stack ?? String(error)] }
  } finally {
    await cleanup.run()
    stopListening()
  }
}
