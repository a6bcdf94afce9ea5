import { parseArgs } from 'node:util'
import { shrink } from './shrink.ts'
import { simulate } from './simulation.ts'
import { FAULT_KINDS, type FaultKind } from './swarm.ts'

const USAGE = `usage: npm run test:sim -- [--seeds N] [--seed S] [--trace] [--shrink] [--without KIND,…]
  --seeds N      so many seeds, from --seed on (default 2000)
  --seed S       alone: this seed only
  --trace        with a single seed: everything that happens, line by line
  --shrink       with a single seed: which kinds of trouble its failure does not need
  --without …    kinds of trouble that are switched off: ${FAULT_KINDS.join(', ')}`

interface Wish {
  readonly first: number
  readonly count: number
  readonly isTraced: boolean
  readonly isShrunk: boolean
  readonly without: readonly FaultKind[]
}

/** Null when the words make no sense. */
function wish(): Wish | null {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        shrink: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        without: { type: 'string', default: '' }
      }
    })
    const first = Number(values.seed ?? 1)
    const count = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1))
    const names = values.without.split(',').filter(name => name !== '')
    const without = FAULT_KINDS.filter(kind => names.includes(kind))
    const isRight = Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0
    if (!isRight || without.length !== names.length || ((values.trace || values.shrink) && count > 1)) return null
    return { first, count, isTraced: values.trace, isShrunk: values.shrink, without }
  } catch {
    return null
  }
}

async function runShrunk({ first: seed, without, isTraced }: Wish): Promise<number> {
  const shrunk = await shrink({ seed, without, linesMax: isTraced ? Number.MAX_SAFE_INTEGER : 0 })
  if (shrunk === null) {
    console.log(`seed ${seed} violates nothing`)
    return 0
  }
  for (const line of shrunk.outcome.lines) console.log(line)
  console.log(`${shrunk.outcome.violation?.message}, ${shrunk.outcome.events} events`)
  console.log(`  npm run test:sim -- --seed ${seed} --trace --without ${shrunk.without.join()}`)
  return 1
}

async function run({ first, count, isTraced, without }: Wish): Promise<number> {
  const beganMs = performance.now()
  let failures = 0
  let events = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate({ seed, without, linesMax: isTraced ? Number.MAX_SAFE_INTEGER : 0 })
    events += outcome.events
    for (const line of outcome.lines) console.log(line)
    if (count === 1) console.log(`seed ${seed}: hash ${outcome.hash}, ${outcome.events} events`)
    if (outcome.violation === null) continue
    failures++
    console.log(`seed ${seed}: ${outcome.violation.message}`)
    console.log(`  npm run test:sim -- --seed ${seed} --trace`)
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
