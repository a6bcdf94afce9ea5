import {
  computeCrc,
  forEachRecord,
  isControl,
  type RecordView,
  readBaseOffset,
  readCrc,
  walkBatches
} from '@streambus/protocol/records'

/** One batch that decompresses to more than this is an attack or a mistake. */
const DECOMPRESSED_BYTES_MAX = 512 * 1024 * 1024

/**
 * Calls `visit` for every record of whole batches until it returns false. Leaves out the markers that brokers write for
 * transactions. Throws when a batch is not what its checksum says, as the Java consumer does.
 */
export function walkRecords(batches: Buffer, visit: (record: RecordView) => boolean): void {
  walkBatches(batches, (at, sizeBytes) => {
    if (isControl(batches, at)) return true
    const batch = batches.subarray(at, at + sizeBytes)
    if (computeCrc(batch, 0, sizeBytes) !== readCrc(batch, 0)) {
      throw new Error(
        `the batch at offset ${readBaseOffset(batch, 0)} is damaged: its checksum is wrong; it was damaged on the way, or on the broker's disk`
      )
    }
    let goesOn = true
    forEachRecord(batch, { decompressedBytesMax: DECOMPRESSED_BYTES_MAX }, record => {
      goesOn = visit(record)
      return goesOn
    })
    return goesOn
  })
}
