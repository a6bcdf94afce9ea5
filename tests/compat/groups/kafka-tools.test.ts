import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { noTools, tool, toolSays } from '../tools.ts'
import type { GroupClient } from './member.ts'
import { reasonNotServed } from './served.ts'
import { GroupStage, until } from './stage.ts'
import { findKafkaJs } from './worker-clients.ts'

const bootstrap = inject('bootstrap')
const reason = noTools ?? (await reasonNotServed(bootstrap, 'classic'))
if (reason !== null) console.log(`SKIPPED groups, Kafka's tools: ${reason}`)

const server = ['--bootstrap-server', bootstrap]

async function groups(...rest: string[]): Promise<string> {
  return tool('consumer-groups', [...server, ...rest])
}

/** Rows of a printed table as records by its column names; the tool prints an empty line or more around it. */
function rows(printed: string): Record<string, string>[] {
  const lines = printed.split('\n').filter(line => line.trim() !== '')
  const at = lines.findIndex(line => line.startsWith('GROUP'))
  const names = (lines[at] ?? '').trim().split(/\s{2,}|(?<=[A-Z\])]) (?=[A-Z#])/)
  return lines.slice(at + 1).map(line => {
    const values = line.trim().split(/\s+/)
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
  })
}

/** A group whose member read 20 records of each of two partitions. */
async function openStage(name: string): Promise<GroupStage> {
  const client = (await findKafkaJs()) as GroupClient
  const topic = `groups-tools-${name}-${inject('run')}`
  const stage = await GroupStage.open(client, { bootstrap, name: topic, partitions: 2 })
  await stage.feeder.add(20)
  await stage.join(await stage.host(), 'a')
  await stage.readAll()
  return stage
}

async function withStage(name: string, run: (stage: GroupStage) => Promise<void>): Promise<void> {
  const stage = await openStage(name)
  try {
    await run(stage)
  } finally {
    await stage.close()
  }
}

describe.skipIf(reason !== null)(`groups, Kafka's own tools${reason === null ? '' : ` (${reason})`}`, () => {
  test('consumer-groups: a group with a member is listed and described', async () => {
    await withStage('live', async stage => {
      const group = ['--group', stage.group]
      expect((await groups('--list')).split('\n')).toContain(stage.group)
      expect(rows(await groups('--list', '--state', 'Stable'))).toContainEqual({ GROUP: stage.group, STATE: 'Stable' })
      await until(async () => {
        const offsets = rows(await groups('--describe', ...group))
        expect(
          offsets.map(row => [row['PARTITION'], row['CURRENT-OFFSET'], row['LOG-END-OFFSET'], row['LAG']])
        ).toEqual([
          ['0', '20', '20', '0'],
          ['1', '20', '20', '0']
        ])
      })
      const members = await groups('--describe', ...group, '--members', '--verbose')
      expect(members).toMatch(/compat\S* +\/127\.0\.0\.1 +\S+ +2 +/)
      expect(members).toContain(`${stage.feeder.topic}:0,1`)
      const state = await groups('--describe', ...group, '--state')
      expect(state).toMatch(new RegExp(`${stage.group} +\\S+ +\\(\\d+\\) +RoundRobinAssigner +Stable +1`))
      expect(await toolSays('consumer-groups', [...server, '--delete', ...group])).toContain('GroupNotEmptyException')
    })
  })

  test('consumer-groups: offsets of an empty group are reset, dry and for real, and it is deleted', async () => {
    await withStage('empty', async stage => {
      const group = ['--group', stage.group]
      await stage.leave('a')
      const reset = async (...how: string[]): Promise<string[]> => {
        const printed = rows(await groups('--reset-offsets', ...group, ...how))
        return printed
          .sort((a, b) => Number(a['PARTITION']) - Number(b['PARTITION']))
          .map(row => row['NEW-OFFSET'] ?? '')
      }
      const current = async (): Promise<(string | undefined)[]> =>
        rows(await groups('--describe', ...group, '--offsets')).map(row => row['CURRENT-OFFSET'])
      expect(await reset('--all-topics', '--to-earliest', '--dry-run')).toEqual(['0', '0'])
      expect(await current()).toEqual(['20', '20'])
      expect(await reset('--all-topics', '--shift-by', '-5', '--execute')).toEqual(['15', '15'])
      expect(await current()).toEqual(['15', '15'])
      expect(await reset('--topic', `${stage.feeder.topic}:1`, '--to-offset', '3', '--execute')).toEqual(['3'])
      expect(await current()).toEqual(['15', '3'])
      const file = path.join(os.tmpdir(), `${stage.group}.csv`)
      fs.writeFileSync(file, `${stage.feeder.topic},0,7\n`)
      expect(await reset('--from-file', file, '--execute')).toEqual(['7'])
      fs.rmSync(file)
      expect(await current()).toEqual(['7', '3'])
      const deleted = await groups('--delete-offsets', ...group, '--topic', `${stage.feeder.topic}:1`)
      expect(deleted).toMatch(/ 1 +Successful/)
      expect(await current()).toEqual(['7'])
      expect(await groups('--delete', ...group)).toContain('was successful')
      expect((await groups('--list')).split('\n')).not.toContain(stage.group)
    })
  })

  test('the formatters of __consumer_offsets read what groups and commits left', async () => {
    await withStage('log', async stage => {
      await until(async () => {
        const read = async (formatter: string): Promise<string[]> => {
          const which = ['--topic', '__consumer_offsets', '--from-beginning', '--timeout-ms', '4000']
          const name = `org.apache.kafka.tools.consumer.${formatter}`
          const printed = await tool('console-consumer', [...server, ...which, '--formatter', name])
          // It writes one record behind the other, without a line between them.
          const lines = printed.replaceAll('}{"key":', '}\n{"key":').split('\n')
          // The last one may have a line of the tool's log behind it.
          const records = lines.map(line => line.slice(0, line.lastIndexOf('}') + 1))
          return records.filter(line => line.includes(`"${stage.group}"`))
        }
        const commits = (await read('OffsetsMessageFormatter')).map(line => JSON.parse(line) as OffsetRecord)
        const last = commits.filter(({ key }) => key.data.partition === 1).at(-1)
        expect(last?.key).toEqual({
          type: 1,
          data: { group: stage.group, topic: stage.feeder.topic, partition: 1 }
        })
        expect(last?.value).toMatchObject({ data: { offset: 20, metadata: '' } })
        const metadata = (await read('GroupMetadataMessageFormatter')).map(line => JSON.parse(line) as MetadataRecord)
        const stable = metadata.findLast(({ value }) => (value?.data.members.length ?? 0) > 0)
        expect(stable?.key).toEqual({ type: 2, data: { group: stage.group } })
        expect(stable?.value?.data).toMatchObject({ protocolType: 'consumer', protocol: 'RoundRobinAssigner' })
        expect(stable?.value?.data.members).toMatchObject([{ clientId: 'compat', sessionTimeout: 6000 }])
      })
    })
  })
})

interface OffsetRecord {
  readonly key: { readonly data: { readonly partition: number } }
  readonly value: object | null
}

interface MetadataRecord {
  readonly key: object
  readonly value: { readonly data: { readonly members: readonly object[] } } | null
}
