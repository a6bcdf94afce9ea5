import { expect, test } from 'vitest'
import { MetadataState } from '../../src/controller/image.ts'
import type { MetadataRecord } from '../../src/controller/records.ts'
import { TopicLines } from '../../src/observability/topic-lines.ts'
import { capturedLog } from './captured-log.ts'

test('topics that come, change and go have a line each; those that were there have none', () => {
  const state = new MetadataState()
  const { log, lines } = capturedLog()
  let topicLines: TopicLines | null = null
  const apply = (names: readonly string[], ...records: MetadataRecord[]): string[] => {
    for (const record of records) state.apply(record)
    state.publish()
    lines.length = 0
    topicLines?.changed(names, state)
    return lines.map(({ fields }) => `${String(fields['event'])} ${String(fields['topic'])}`)
  }
  const topic = (name: string, id: string): MetadataRecord => ({ type: 'topic', name, id })
  const partition = (topicId: string, index: number): MetadataRecord => ({
    type: 'partition',
    topicId,
    index,
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    replicas: [1],
    isr: [1],
    directories: ['']
  })
  const config = (name: string, value: string | null): MetadataRecord => ({
    type: 'config',
    resource: 'topic',
    name: 'a',
    key: name,
    value
  })
  apply([], topic('old', 'o'), partition('o', 0))
  topicLines = new TopicLines(log, state)

  expect(apply(['a'], topic('a', '1'), partition('1', 0))).toEqual(['topic_created a'])
  expect(lines[0]?.fields).toMatchObject({ partitions: 1, replication_factor: 1, topic_id: '1' })
  expect(apply(['a', 'old'])).toEqual([])
  expect(apply(['a'], partition('1', 1))).toEqual(['topic_partitions_added a'])
  expect(apply(['a'], config('retention.ms', '1'))).toEqual(['topic_settings_changed a'])
  expect(lines[0]?.fields['settings']).toBe('retention.ms')
  expect(apply(['a'])).toEqual([])
  const anew: MetadataRecord[] = [{ type: 'topic-removed', topicId: '1' }, topic('a', '2'), partition('2', 0)]
  expect(apply(['a'], ...anew)).toEqual(['topic_deleted a', 'topic_created a'])
  expect(apply(['a', 'old'], { type: 'topic-removed', topicId: '2' })).toEqual(['topic_deleted a'])
})
