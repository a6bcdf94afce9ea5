const KIB = 1024
const MIB = 1024 * KIB

/** Every set of histogram bounds in use. Changing one breaks recorded series: add a new set instead. */
export const buckets = {
  /** The monitoring guide's buckets for the five contract histograms: no more, no fewer. */
  seedSeconds: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  requestSeconds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  diskSeconds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  longSeconds: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900],
  loopSeconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  sizeBytes: [256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB],
  count: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000]
} as const satisfies Record<string, readonly number[]>

export type BucketSet = keyof typeof buckets

/**
 * A bound as it stands in `le`: always a float ("1.0"). OpenMetrics parsers and Prometheus 3 store "1.0" whatever
 * was sent, Prometheus 2 keeps the spelling; one spelling avoids two identities for one series.
 */
export function spellBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound)
}
