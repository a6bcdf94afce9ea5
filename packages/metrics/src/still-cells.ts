import type { Cell } from './cells.ts'

const STAYS: PropertyDescriptor = { get: () => 0, set() {} }
const NUMBERS = ['value', 'sum', 'count']
const VERBS = ['add', 'set', 'observe', 'setExemplar']

/** Makes a cell that stays at zero, whatever it is told: for metrics that are off. */
export function stilled<C extends Cell>(cell: C): C {
  for (const name of NUMBERS) if (Object.hasOwn(cell, name)) Object.defineProperty(cell, name, STAYS)
  for (const name of VERBS) if (name in cell) Object.defineProperty(cell, name, { value: () => {} })
  return cell
}
