/** A primitive of the hot path. `work` does it `count` times and returns a hash of what it computed. */
export interface MicroBench {
  readonly name: string
  readonly count: number
  /** Bytes that one operation touches, for a rate; 0: not about bytes. */
  readonly bytes: number
  readonly work: (count: number) => number
  readonly close?: () => void
}

export interface MicroResult {
  readonly name: string
  /** Third fastest of all rounds: neither a lucky one nor one that was disturbed. */
  readonly nsPerOp: number
  readonly gbPerSecond: number
  /** Printed, so that neither V8 nor a colleague can optimise the work away; the same on every machine. */
  readonly hash: number
}

export function runMicro(bench: MicroBench, rounds: number): MicroResult {
  const samples: number[] = []
  let hash = 0
  for (let round = 0; round < rounds; round++) {
    const startNs = process.hrtime.bigint()
    hash = bench.work(bench.count)
    samples.push(Number(process.hrtime.bigint() - startNs) / bench.count)
  }
  bench.close?.()
  samples.sort((a, b) => a - b)
  const nsPerOp = samples[Math.min(2, samples.length - 1)] ?? Number.NaN
  return { name: bench.name, nsPerOp, gbPerSecond: bench.bytes / nsPerOp, hash }
}
