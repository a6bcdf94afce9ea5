import { AppendRefused, type AppendResult, type Log } from '../../src/index.ts'
import { type BatchSpec, makeBatch } from '../batches.ts'
import { must } from './contents.ts'
import { replay, type WrittenBatch } from './ledger.ts'

/** A repeated batch is a duplicate at its old offsets, a gap in the sequence is refused. Writes nothing. */
export function checkProducers(log: Log, batches: readonly WrittenBatch[]): void {
  for (const [producerId, producer] of replay(batches).producers) {
    for (const batch of producer.kept) {
      const retried = appendBytes(log, Buffer.from(batch.bytes), batch.summary)
      must(
        retried.kind === 'duplicate' && retried.baseOffset === batch.baseOffset,
        () => `producer ${producerId}: the batch of offset ${batch.baseOffset} again is ${JSON.stringify(retried)}`
      )
    }
    const gap = nextOf(producerId, { ...producer, nextSequence: producer.nextSequence + 1 })
    must(isRefused(log, gap), () => `producer ${producerId}: sequence ${gap.baseSequence} leaves a gap and is taken`)
  }
}

/** The next batch of a producer of the log, so that it has to be taken; null when there is none. */
export function nextBatch(batches: readonly WrittenBatch[], choice: number): BatchSpec | null {
  const producers = [...replay(batches).producers]
  const chosen = producers[choice % Math.max(1, producers.length)]
  return chosen === undefined ? null : nextOf(...chosen)
}

function nextOf(
  producerId: number,
  producer: { epoch: number; nextSequence: number; isTransactional: boolean }
): BatchSpec {
  const { epoch: producerEpoch, nextSequence: baseSequence, isTransactional } = producer
  return { timestamps: [7], producerId, producerEpoch, baseSequence, isTransactional }
}

function isRefused(log: Log, spec: BatchSpec): boolean {
  const { bytes, summary } = makeBatch(spec)
  try {
    appendBytes(log, bytes, summary)
    return false
  } catch (error) {
    return error instanceof AppendRefused && error.errorName === 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  }
}

function appendBytes(log: Log, bytes: Buffer, summary: WrittenBatch['summary']): AppendResult {
  return log.append(bytes, 0, bytes.length, summary, { leaderEpoch: Math.max(0, log.latestEpoch), origin: 'client' })
}
