import { parseArgs } from 'node:util'
import { fuzz, verdicts } from './fuzz.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, frames: { type: 'string', default: '100000' } }
})
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed)
const frames = Number(values.frames)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(frames)) {
  console.error(`--seed ${values.seed ?? ''} --frames ${values.frames}: whole numbers are needed`)
  process.exit(2)
}
console.log(`seed ${seed}; npm run test:fuzz -- --seed ${seed} --frames ${frames} repeats this run`)
const beganMs = performance.now()
const onProgress = (sent: number): void => void process.stderr.write(`\r${sent} frames `)
const report = await fuzz({ seed, frames, everyByte: true, onProgress })
const { outcomes, heapGrowthBytes, controlMsMax } = report
console.log(
  `\n${report.sent} frames in ${((performance.now() - beganMs) / 1000).toFixed(0)} s: ` +
    `${outcomes.answered} answered, ${outcomes.closed} closed, ${outcomes.hung} hung, ${outcomes.refused} refused; ` +
    `heap ${(heapGrowthBytes / 2 ** 20).toFixed(1)} MiB, control client at most ${controlMsMax.toFixed(0)} ms`
)
const found = verdicts(report)
for (const line of found) console.error(line)
process.exitCode = found.length === 0 ? 0 : 1
