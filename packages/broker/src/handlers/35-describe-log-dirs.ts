// Serves v1–4. v3: a top-level error. v4: the size of the volume.
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirsApi,
  type Input
} from '@streambus/protocol'
import type { Handler } from './handler.ts'

/** One `log.dirs` entry as clients see it. */
export interface LogDirView {
  readonly path: string
  /** Not zero: the directory cannot be used. */
  readonly errorCode: number
  /** Of the volume; −1: not known. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly partitions: readonly LogDirPartition[]
}

export interface LogDirPartition {
  readonly topic: string
  readonly partition: number
  readonly sizeBytes: number
  /** How far the replica's end is behind the high watermark; 0 for a leader. */
  readonly offsetLag: number
  /** True while the replica is being copied here from another directory. */
  readonly isFuture: boolean
}

type TopicAnswer = Input<DescribeLogDirsResponse>['results'][number]['topics'][number]

export function describeLogDirsHandler(dependencies: {
  readonly logDirs: () => readonly LogDirView[]
}): Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> {
  return {
    api: describeLogDirsApi,
    handle(request) {
      const isWanted = filterOf(request)
      const results = dependencies.logDirs().map(({ path, errorCode, totalBytes, usableBytes, partitions }) => {
        return { errorCode, logDir: path, totalBytes, usableBytes, topics: byTopic(partitions.filter(isWanted)) }
      })
      return { results }
    }
  }
}

/** Null topics mean all. */
function filterOf({ topics }: DescribeLogDirsRequest): (partition: LogDirPartition) => boolean {
  if (topics === null) return () => true
  const wanted = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const indexes = wanted.get(topic) ?? new Set()
    for (const index of partitions) indexes.add(index)
    wanted.set(topic, indexes)
  }
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true
}

function byTopic(partitions: readonly LogDirPartition[]): TopicAnswer[] {
  const topics = new Map<string, TopicAnswer['partitions'][number][]>()
  for (const { topic, partition, sizeBytes, offsetLag, isFuture } of partitions) {
    const answers = topics.get(topic) ?? []
    answers.push({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: isFuture })
    topics.set(topic, answers)
  }
  return [...topics].map(([name, answers]) => ({ name, partitions: answers }))
}
