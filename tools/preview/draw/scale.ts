/** From a number to a place on an axis, and the numbers that are written beside it. */
export interface Scale {
  readonly ticks: readonly number[]
  place(value: number): number
}

export interface ScaleOptions {
  readonly min: number
  readonly max: number
  /** In pixels: where `min` and `max` lie. */
  readonly from: number
  readonly to: number
  /** 1024 for bytes. */
  readonly base?: number
}

/** Linear, with round numbers at its ticks. */
export function linear({ min, max, from, to, base = 1000 }: ScaleOptions): Scale {
  const span = max - min || 1
  const step = niceStep(span / 4, base)
  const first = Math.ceil(min / step - 1e-9)
  const count = Math.floor(max / step + 1e-9) - first + 1
  const ticks = Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step)
  return { ticks, place: value => from + ((value - min) / span) * (to - from) }
}

/** By tens; what is not above 0 lies at the lower end. */
export function logarithmic({ min, max, from, to }: ScaleOptions): Scale {
  const low = Math.floor(Math.log10(min))
  const high = Math.max(low + 1, Math.ceil(Math.log10(max)))
  const every = Math.ceil((high - low) / 5)
  const ticks = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, index) => 10 ** (low + index * every))
  const place = (value: number): number =>
    value <= 0 ? from : from + ((Math.log10(value) - low) / (high - low)) * (to - from)
  return { ticks, place }
}

/** 1, 2, 2.5 or 5 times a power of ten; of bytes a power of two, so that "512 KiB" is a round number. */
function niceStep(rough: number, base: number): number {
  if (base === 1024) return Math.max(1, 2 ** Math.ceil(Math.log2(rough)))
  const power = 10 ** Math.floor(Math.log10(rough))
  return ([1, 2, 2.5, 5, 10].find(one => one * power >= rough) ?? 10) * power
}

const MINUTE = 60_000
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map(minutes => minutes * MINUTE)

/** Round moments between two. */
export function timeTicks(fromMs: number, toMs: number, countMax: number): readonly number[] {
  const span = toMs - fromMs
  const step = TIME_STEPS.find(one => span / one <= countMax) ?? span
  const first = Math.ceil(fromMs / step) * step
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / step) + 1) }, (_, index) => first + index * step)
}

export function timeText(atMs: number, spanMs: number): string {
  const iso = new Date(atMs).toISOString()
  return spanMs > 2 * 86_400_000 ? iso.slice(5, 10) : iso.slice(11, 16)
}
