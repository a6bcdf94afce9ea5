import type { UnitId } from '../../dashboards/src/index.ts'

const SUFFIX: Partial<Record<UnitId, string>> = {
  cps: ' c/s',
  mps: ' msg/s',
  reqps: ' req/s',
  ops: ' ops/s',
  eps: ' evt/s'
}
const THOUSANDS = ['', ' K', ' Mil', ' Bil', ' Tri'] as const
const BINARY = [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB'] as const
const SECONDS: readonly (readonly [below: number, divisor: number, name: string])[] = [
  [1e-6, 1e-9, ' ns'],
  [1e-3, 1e-6, ' µs'],
  [1, 1e-3, ' ms'],
  [60, 1, ' s'],
  [3600, 60, ' min'],
  [86_400, 3600, ' hour'],
  [604_800, 86_400, ' day'],
  [31_536_000, 604_800, ' week'],
  [Number.POSITIVE_INFINITY, 31_536_000, ' year']
]

/** A number as Grafana writes it. */
export function format(value: number, unit: UnitId, decimals?: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  switch (unit) {
    case 'none':
      return digits(value, decimals)
    case 'percentunit':
      return `${digits(value * 100, decimals)}%`
    case 's':
      return inSeconds(value, decimals)
    case 'dtdurations':
      return inWords(value)
    case 'dateTimeAsIso':
      return new Date(value).toISOString().slice(0, 19).replace('T', ' ')
    case 'bytes':
      return scaled(value, { step: 1024, names: BINARY, decimals })
    case 'binBps':
      return `${scaled(value, { step: 1024, names: BINARY, decimals })}/s`
    case 'short':
    case 'cps':
    case 'mps':
    case 'reqps':
    case 'ops':
    case 'eps':
      return scaled(value, { step: 1000, names: THOUSANDS, decimals }) + (SUFFIX[unit] ?? '')
    default:
      return unit satisfies never
  }
}

interface Scale {
  readonly step: number
  readonly names: readonly string[]
  readonly decimals: number | undefined
}

function scaled(value: number, { step, names, decimals }: Scale): string {
  let rest = value
  let index = 0
  while (Math.abs(rest) >= step && index < names.length - 1) {
    rest /= step
    index++
  }
  return digits(rest, decimals) + (names[index] ?? '')
}

function inSeconds(value: number, decimals?: number): string {
  if (value === 0) return '0 s'
  const size = Math.abs(value)
  const [, divisor, name] = SECONDS.find(([below]) => size < below) ?? [0, 1, ' s']
  return digits(value / divisor, decimals) + name
}

function inWords(value: number): string {
  const parts = (
    [
      ['d', Math.floor(value / 86_400)],
      ['h', Math.floor((value % 86_400) / 3600)],
      ['m', Math.floor((value % 3600) / 60)],
      ['s', Math.floor(value % 60)]
    ] as const
  ).filter(([, count]) => count > 0)
  return parts.length === 0
    ? '0s'
    : parts
        .slice(0, 2)
        .map(([name, count]) => `${count}${name}`)
        .join(' ')
}

/** Three digits that mean something, unless `decimals` says otherwise. */
function digits(value: number, decimals?: number): string {
  if (decimals !== undefined) return value.toFixed(decimals)
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value))
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) < 1e-4 && rounded !== 0 ? rounded.toExponential(1) : String(rounded)
}
