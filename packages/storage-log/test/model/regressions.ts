import type { RecordStep, Run, Step } from './step.ts'

const RECORD: RecordStep = { key: 0, value: 0, time: 0 }
const KILL: Step = { do: 'stop', how: 'kill', seed: 0, damage: [] }
const END: Step = { do: 'high watermark', at: -1 }

function append(...keys: (number | null)[]): Step {
  return { do: 'append', records: keys.map(key => ({ ...RECORD, key })), codec: 'none', isLogAppendTime: false }
}

function produce(slot: number): Step {
  return { do: 'produce', slot, what: 'next', which: 0, records: [RECORD] }
}

function endTransaction(marker: 'commit' | 'abort'): Step {
  return { do: 'end transaction', which: 0, marker, bumpsEpoch: false }
}

/** Runs that once failed, by name. */
export const REGRESSIONS: Readonly<Record<string, Run>> = {
  // A snapshot from before a restart at a later offset brings its open transaction back for ever.
  'restart-at': {
    config: {},
    openFiles: 1,
    steps: [produce(0), { do: 'snapshot' }, endTransaction('commit'), { do: 'restart at', by: 0 }]
  },
  // The end of a transaction was deleted, and the snapshot left over has the transaction as open.
  'snapshot-below-the-start': {
    config: { segmentMs: 2000 },
    openFiles: 1,
    steps: [
      produce(0),
      { do: 'snapshot' },
      endTransaction('commit'),
      { do: 'pass', ms: 60_000 },
      append(0),
      END,
      { do: 'stop', how: 'kill', seed: 0, damage: [{ kind: 'snapshot', which: 1, at: 0, how: 'delete' }] },
      { do: 'delete records', at: 2 },
      KILL
    ]
  },
  // A gap that compaction left counts as damage once its segment is the active one.
  'truncate-into-compacted': {
    config: { segmentMs: 2000 },
    openFiles: 1,
    steps: [
      append(0),
      append(0),
      { do: 'pass', ms: 3000 },
      { do: 'roll' },
      append(1),
      { do: 'sync' },
      END,
      { do: 'plan', keys: 100, stopAfter: -1 },
      { do: 'swap', groups: 100 },
      { do: 'truncate', back: 1 },
      KILL
    ]
  },
  // The list of a segment is lost when too many open files make it forget what it has just looked up.
  'aborted-forgotten': {
    config: { segmentMs: 2000 },
    openFiles: 1,
    steps: [
      produce(0),
      { do: 'pass', ms: 3000 },
      { do: 'roll' },
      endTransaction('abort'),
      { do: 'pass', ms: 3000 },
      { do: 'roll' },
      { do: 'pass', ms: 3000 },
      append(0),
      // The third one takes the first one's place.
      { do: 'snapshot' },
      { do: 'sync' },
      END,
      { do: 'stop', how: 'kill', seed: 0, damage: [{ kind: 'txnindex', which: 1, at: 0, how: 'delete' }] },
      { do: 'consume', from: 0 }
    ]
  }
}
