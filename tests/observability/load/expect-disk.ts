import { METADATA_TOPIC, type PartitionOnDisk } from './disk-tally.ts'
import type { Expectations } from './expectation.ts'
import type { WireTally } from './wire-tally.ts'

const OFFSETS_TOPIC = '__consumer_offsets'

interface Found {
  readonly partitions: readonly PartitionOnDisk[]
  readonly gone: readonly PartitionOnDisk[]
  /** Syncs of data files, where the disk counts them. */
  readonly syncs: number | null
}

/** What is on disk. Nothing may have been deleted or compacted, but for whole topics. */
export function expectDisk(expected: Expectations, wire: WireTally, { partitions: disk, gone, syncs }: Found): void {
  const partitions = disk.filter(({ topic }) => topic !== METADATA_TOPIC)
  const everything = [...disk, ...gone]
  const topics = new Set(partitions.map(({ topic }) => topic)).size
  expected
    .from('records, bytes and batches in data files, those of deleted topics before they were deleted')
    .is('streambus_messages_stored_total', sum(everything, 'records'))
    .is('streambus_bytes_stored_total', sum(everything, 'bytes'))
    .is('streambus_log_append_seconds_count', sum(everything, 'batches'))
    .from('batches that were taken, and those of __consumer_offsets on disk')
    .is('streambus_commit_latency_seconds_count', wire.produced.taken.length + sum(of(disk, OFFSETS_TOPIC), 'batches'))
    .from('every sync has ended')
    .is('streambus_log_unflushed_messages', 0)
    .from('directories of partitions; one replica each')
    .is('streambus_topics_total', topics)
    .is('streambus_topics', topics)
    .is('streambus_partitions_total', partitions.length)
    .is('streambus_partitions', partitions.length)
    .is('streambus_replicas_total', partitions.length)
    .is('streambus_replicas', partitions.length)
    .is('streambus_leader_partitions', partitions.length)
    .is('streambus_offline_partitions', 0)
    .from('data files of partitions')
    .is('streambus_segments_total', sum(partitions, 'segments'))
    .is('streambus_segments', sum(partitions, 'segments'))
    .is('streambus_compactions_total', 0)
    .is('streambus_segments_deleted_total', 0)
    .is('streambus_deleted_bytes_total', 0)
    .from('data files but the first of each partition, those of deleted topics, too')
    .is('streambus_segment_rolls_total', sum(everything, 'segments') - everything.length)
    .from('data files and their indexes, the metadata included')
    .is('streambus_storage_used_bytes', sum(disk, 'bytes') + sum(disk, 'indexBytes'))
    .sum('streambus_log_dir_used_bytes', sum(disk, 'bytes') + sum(disk, 'indexBytes'))
  if (syncs !== null) {
    expected
      .from('syncs of data files that the disk has counted')
      .sum('streambus_log_flushes_total', syncs)
      .is('streambus_log_flush_seconds_count', syncs)
  }
  const metadata = of(disk, METADATA_TOPIC)
  expected
    .from('the data file of the metadata')
    .is('streambus_raft_log_size_bytes', sum(metadata, 'bytes'), { group: 'metadata' })
    .is('streambus_raft_log_entries', sum(metadata, 'records'), { group: 'metadata' })
    .is('streambus_raft_last_index', sum(metadata, 'records') - 1, { group: 'metadata' })
    .is('streambus_raft_commit_index', sum(metadata, 'records') - 1)
    .is('streambus_raft_applied_index', sum(metadata, 'records') - 1, { group: 'metadata' })
    .is('streambus_metadata_offset', sum(metadata, 'records') - 1)
    .is('streambus_raft_append_seconds_count', sum(metadata, 'batches'), { group: 'metadata' })
    .is('streambus_raft_commit_seconds_count', sum(metadata, 'batches'), { group: 'metadata' })
    .is('streambus_raft_apply_seconds_count', sum(metadata, 'batches'), { group: 'metadata' })
    .is('streambus_raft_proposals_total', sum(metadata, 'batches'), { result: 'committed' })
    .is('streambus_raft_proposals_total', 0, { result: 'failed' })
}

function of(partitions: readonly PartitionOnDisk[], name: string): readonly PartitionOnDisk[] {
  return partitions.filter(({ topic }) => topic === name)
}

function sum(
  partitions: readonly PartitionOnDisk[],
  field: 'records' | 'bytes' | 'indexBytes' | 'batches' | 'segments'
): number {
  return partitions.reduce((total, partition) => total + partition[field], 0)
}
