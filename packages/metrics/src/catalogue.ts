import { brokerMetrics } from './catalogue/broker.ts'
import { groupMetrics } from './catalogue/groups.ts'
import { requestMetrics } from './catalogue/requests.ts'
import { runtimeMetrics } from './catalogue/runtime.ts'
import { seedMetrics } from './catalogue/seed.ts'
import { storageMetrics } from './catalogue/storage.ts'
import type { CellOf, Definition } from './definition.ts'

/**
 * Every metric, once. Names, types, labels and buckets stand nowhere else; HELP lines, tests and documents come
 * from here. A metric enters when something feeds it: only the guide's 44 may stand at zero before that.
 */
export const catalogue = {
  ...seedMetrics,
  ...brokerMetrics,
  ...requestMetrics,
  ...groupMetrics,
  ...storageMetrics,
  ...runtimeMetrics
} as const satisfies Record<string, Definition>

export type MetricKey = keyof typeof catalogue

/** The cells of one broker, by the keys of the catalogue. */
export type Cells = { readonly [Key in MetricKey]: CellOf<(typeof catalogue)[Key]> }
