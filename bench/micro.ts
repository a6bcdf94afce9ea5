import path from 'node:path'
import { crc32c } from '@streambus/base'
import { nodeDisk } from '@streambus/base/node'
import { decodeRequestHeader, encodeResponseFrame, produceApi, WireReader } from '@streambus/protocol'
import { buildBatch, mix, noise, stampBaseOffset } from './batch.ts'
import { produceFrame } from './kafka-frames.ts'
import type { MicroBench } from './micro-bench.ts'
import { storageBenches } from './micro-storage.ts'

const KIB = 1024
const CALLS_PER_BUFFER = 1_000

function crcBenches(full: boolean): MicroBench[] {
  return [100, KIB, 64 * KIB].map(bytes => {
    const data = noise(bytes, 7)
    return {
      name: `crc32c ${bytes} B`,
      count: full ? Math.ceil(2e8 / (bytes + 1000)) : 10,
      bytes,
      work: count => {
        let hash = 0
        for (let i = 0; i < count; i++) hash = mix(hash, crc32c(data, i & 0xff))
        return hash
      }
    }
  })
}

function produceDecode(full: boolean): MicroBench {
  const batch = buildBatch({ recordBytes: KIB, recordCount: 16 }, 1)
  const frame = produceFrame({ topic: 'micro', partition: 3, acks: -1, batch }).subarray(4)
  return {
    name: 'decode Produce v9, header and body, one 16 KiB batch',
    count: full ? 100_000 : 10,
    bytes: 0,
    work: count => {
      let hash = 0
      for (let i = 0; i < count; i++) {
        const reader = new WireReader(frame)
        const header = decodeRequestHeader(reader)
        const request = produceApi.request.decode(reader, header.apiVersion)
        hash = mix(hash, request.topicData[0]?.partitionData[0]?.records?.length ?? 0)
      }
      return hash
    }
  }
}

function produceEncode(full: boolean): MicroBench {
  return {
    name: 'encode Produce v9 answer, one partition',
    count: full ? 100_000 : 10,
    bytes: 0,
    work: count => {
      let hash = 0
      for (let i = 0; i < count; i++) {
        const partitionResponses = [{ index: 3, errorCode: 0, baseOffset: i, logStartOffset: 0 }]
        const body = { responses: [{ name: 'micro', partitionResponses }] }
        const chunks = encodeResponseFrame({ api: produceApi, version: 9, correlationId: i, body })
        hash = mix(hash, chunks[0]?.[7] ?? 0)
      }
      return hash
    }
  }
}

function stamp(full: boolean): MicroBench {
  const batch = buildBatch({ recordBytes: KIB, recordCount: 1 }, 1)
  return {
    name: 'stamp base offset and leader epoch',
    count: full ? 2_000_000 : 10,
    bytes: 0,
    work: count => {
      let hash = 0
      for (let i = 0; i < count; i++) {
        stampBaseOffset(batch, i)
        batch.writeInt32BE(5, 12)
        hash = mix(hash, batch[7] ?? 0)
      }
      return hash
    }
  }
}

/** Grows the file as a log does: a page touched for the first time costs several times one that is written again. */
function fileAppend(directory: string, full: boolean): MicroBench {
  const batch = buildBatch({ recordBytes: KIB, recordCount: 16 }, 1)
  const file = nodeDisk.open(path.join(directory, 'append'), { create: true })
  let endBytes = 0
  return {
    name: 'write of one 16 KiB batch through the disk seam',
    count: full ? CALLS_PER_BUFFER : 10,
    bytes: batch.length,
    work: count => {
      const startBytes = endBytes
      for (let i = 0; i < count; i++, endBytes += batch.length) file.write([batch], endBytes)
      return file.sizeBytes() - startBytes
    },
    close: () => file.close()
  }
}

/** All micro benches; tiny counts unless `full`. `directory` is written to. */
export function microBenches(directory: string, full: boolean): MicroBench[] {
  return [
    ...crcBenches(full),
    stamp(full),
    produceDecode(full),
    produceEncode(full),
    fileAppend(directory, full),
    ...storageBenches(directory, full)
  ]
}
