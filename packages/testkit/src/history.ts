export interface History {
  /** Values in the order in which one producer sent them; each value is unique. */
  readonly sent: readonly string[]
  /** Those whose acknowledgement arrived. */
  readonly acknowledged: Iterable<string>
  /** What one reader saw of the partition, by offset. */
  readonly read: readonly string[]
}

export interface HistoryFaults {
  /** Acknowledged and not read. */
  readonly lost: readonly string[]
  /** Read more than once. */
  readonly duplicated: readonly string[]
  /** Read after a value that was sent later. */
  readonly reordered: readonly string[]
  /** Read and never sent: a phantom. */
  readonly unknown: readonly string[]
}

/**
 * What a log did to the records of one producer. A value that was sent and not acknowledged may be there or not,
 * once, in its place; that is no fault.
 */
export function historyFaults({ sent, acknowledged, read }: History): HistoryFaults {
  const positions = new Map(sent.map((value, index) => [value, index]))
  if (positions.size !== sent.length) throw new Error('history: sent values must be unique')
  const seen = new Set<string>()
  const duplicated: string[] = []
  const reordered: string[] = []
  const unknown: string[] = []
  let latest = -1
  for (const value of read) {
    const position = positions.get(value)
    if (position === undefined) unknown.push(value)
    else if (seen.has(value)) duplicated.push(value)
    else if (position < latest) reordered.push(value)
    else latest = position
    seen.add(value)
  }
  return { lost: [...acknowledged].filter(value => !seen.has(value)), duplicated, reordered, unknown }
}

/** For `expect(...).toEqual(NO_FAULTS)`. */
export const NO_FAULTS: HistoryFaults = { lost: [], duplicated: [], reordered: [], unknown: [] }
