const FIELDS = 2

/** Chance alone gives a slope of twice its standard error in one window of twenty. */
const ERRORS_MIN = 2

export type LagDirection = 'growing' | 'steady' | 'shrinking'

export interface LagSample {
  readonly timeMs: number
  readonly lag: number
}

export interface Trend {
  /** Slope of the line of least squares: positive while the lag grows. */
  readonly recordsPerSecond: number
  readonly direction: LagDirection
}

/** The last samples of one lag. Fixed size. */
export class LagSamples {
  readonly #max: number
  readonly #ring: Float64Array
  #count = 0
  #next = 0

  /** `samplesMax`: at least 2; 16 bytes each. */
  constructor(samplesMax = 20) {
    if (samplesMax < 2) throw new RangeError(`samplesMax must be at least 2, got ${samplesMax}`)
    this.#max = samplesMax
    this.#ring = new Float64Array(samplesMax * FIELDS)
  }

  add({ timeMs, lag }: LagSample): void {
    this.#ring.set([timeMs, lag], this.#next * FIELDS)
    this.#next = (this.#next + 1) % this.#max
    this.#count = Math.min(this.#max, this.#count + 1)
  }

  /** Oldest first. */
  samples(): LagSample[] {
    return Array.from({ length: this.#count }, (_, i) => {
      const at = ((this.#next + this.#max - this.#count + i) % this.#max) * FIELDS
      return { timeMs: this.#ring[at] as number, lag: this.#ring[at + 1] as number }
    })
  }
}

/**
 * Where a lag is going. Steady: the line changes by less than one record over the window, or by no more than the
 * scatter of the samples explains (twice the standard error of the slope), so that a group that commits in large steps
 * does not seem to fall behind and catch up in turn. Null without two moments to compare. Pure.
 */
export function trendOf(samples: readonly LagSample[]): Trend | null {
  const meanMs = mean(samples.map(({ timeMs }) => timeMs))
  const meanLag = mean(samples.map(({ lag }) => lag))
  let spread = 0
  let covariance = 0
  for (const { timeMs, lag } of samples) {
    spread += (timeMs - meanMs) ** 2
    covariance += (timeMs - meanMs) * (lag - meanLag)
  }
  if (spread === 0) return null
  const perMs = covariance / spread
  let scatter = 0
  for (const { timeMs, lag } of samples) scatter += (lag - meanLag - perMs * (timeMs - meanMs)) ** 2
  // Two points are always on a line: nothing is known of their scatter.
  const error = samples.length > 2 ? Math.sqrt(scatter / (samples.length - 2) / spread) : 0
  const times = samples.map(({ timeMs }) => timeMs)
  const change = perMs * (Math.max(...times) - Math.min(...times))
  const isSteady = Math.abs(change) < 1 || Math.abs(perMs) <= ERRORS_MIN * error
  return { recordsPerSecond: perMs * 1000, direction: isSteady ? 'steady' : perMs > 0 ? 'growing' : 'shrinking' }
}

function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return values.length === 0 ? 0 : sum / values.length
}
