import { parseArgs } from 'node:util'
import { shrink } from './shrink.ts'
import { type SimulationOptions, simulate } from './simulation.ts'
import { FAULT_KINDS, GROUP_PROTOCOLS } from './swarm.ts'

const USAGE = `usage: npm run test:sim -- [--seeds N] [--seed S] [--trace] [--shrink] [--protocol P] [--without …]
  --seeds N      so many seeds, from --seed on (default 2000)
  --seed S       alone: this seed only
  --trace        with a single seed: everything that happens, line by line
  --shrink       with a single seed: which kinds of trouble its failure does not need
  --protocol P   what all groups speak: ${GROUP_PROTOCOLS.join(', ')} (default: each seed draws for each of its groups)
  --without …    kinds of trouble that are switched off: ${FAULT_KINDS.join(', ')}`

interface Wish {
  readonly first: number
  readonly count: number
  readonly isShrunk: boolean
  /** What `simulate` is told beside the seed. */
  readonly options: Omit<SimulationOptions, 'seed'>
}

/** Null when the words make no sense. */
function wish(): Wish | null {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        protocol: { type: 'string' },
        shrink: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        without: { type: 'string', default: '' }
      }
    })
    const first = Number(values.seed ?? 1)
    const count = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1))
    const names = values.without.split(',').filter(name => name !== '')
    const without = FAULT_KINDS.filter(kind => names.includes(kind))
    const protocol = GROUP_PROTOCOLS.find(name => name === values.protocol)
    if (protocol !== values.protocol) return null
    const isRight = Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0
    if (!isRight || without.length !== names.length || ((values.trace || values.shrink) && count > 1)) return null
    const linesMax = values.trace ? Number.MAX_SAFE_INTEGER : 0
    const options = { without, linesMax, ...(protocol === undefined ? {} : { protocol }) }
    return { first, count, isShrunk: values.shrink, options }
  } catch {
    return null
  }
}

function again(seed: number, { protocol }: Wish['options']): string {
  return `  npm run test:sim -- --seed ${seed} --trace${protocol === undefined ? '' : ` --protocol ${protocol}`}`
}

async function runShrunk({ first: seed, options }: Wish): Promise<number> {
  const shrunk = await shrink({ ...options, seed })
  if (shrunk === null) {
    console.log(`seed ${seed} violates nothing`)
    return 0
  }
  for (const line of shrunk.outcome.lines) console.log(line)
  console.log(`${shrunk.outcome.violation?.message}, ${shrunk.outcome.events} events`)
  console.log(`${again(seed, options)} --without ${shrunk.without.join()}`)
  return 1
}

async function run({ first, count, options }: Wish): Promise<number> {
  const beganMs = performance.now()
  let failures = 0
  let events = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate({ ...options, seed })
    events += outcome.events
    for (const line of outcome.lines) console.log(line)
    if (count === 1) console.log(`seed ${seed}: hash ${outcome.hash}, ${outcome.events} events`)
    if (outcome.violation === null) continue
    failures++
    console.log(`seed ${seed}: ${outcome.violation.message}`)
    console.log(again(seed, options))
  }
  const seconds = (performance.now() - beganMs) / 1_000
  console.log(`${count} seeds, ${events} events in ${seconds.toFixed(1)} s, ${failures} failures`)
  return failures
}

const wished = wish()
if (wished === null) {
  console.log(USAGE)
  process.exitCode = 2
} else {
  process.exitCode = (await (wished.isShrunk ? runShrunk(wished) : run(wished))) === 0 ? 0 : 1
}
