import fs from 'node:fs'
import path from 'node:path'
import { readBatches } from './record-batches.ts'

/** The log of the metadata is no partition of a topic. */
export const METADATA_TOPIC = '__cluster_metadata'

/** One partition directory. */
export interface PartitionOnDisk {
  readonly topic: string
  readonly partition: number
  readonly segments: number
  /** Of data files. */
  readonly bytes: number
  /** Of the indexes beside them. */
  readonly indexBytes: number
  readonly batches: number
  readonly records: number
}

/** The files of a broker with one log directory, from its start on. */
export class DiskTally {
  /** What the files of deleted topics held before they went. */
  readonly gone: PartitionOnDisk[] = []
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The partitions that there are, as their files tell. */
  read(): readonly PartitionOnDisk[] {
    const partitions: PartitionOnDisk[] = []
    for (const entry of fs.readdirSync(this.#directory, { withFileTypes: true })) {
      const [, topic = '', partition = ''] = /^(.+)-(\d+)$/.exec(entry.name) ?? []
      if (!entry.isDirectory() || topic === '') continue
      const directory = path.join(this.#directory, entry.name)
      partitions.push({ topic, partition: Number(partition), ...readPartition(directory) })
    }
    return partitions
  }

  /** To be told before a topic is deleted, when nothing is written to it any more. */
  keep(topic: string): void {
    this.gone.push(...this.read().filter(each => each.topic === topic))
  }
}

function readPartition(directory: string): Omit<PartitionOnDisk, 'topic' | 'partition'> {
  const sums = { segments: 0, bytes: 0, indexBytes: 0, batches: 0, records: 0 }
  for (const name of fs.readdirSync(directory)) {
    if (/\.(index|timeindex|txnindex)$/.test(name)) sums.indexBytes += fs.statSync(path.join(directory, name)).size
    if (!name.endsWith('.log')) continue
    const content = fs.readFileSync(path.join(directory, name))
    const batches = readBatches(content)
    sums.segments++
    sums.bytes += content.length
    sums.batches += batches.length
    for (const { records } of batches) sums.records += records
  }
  return sums
}
