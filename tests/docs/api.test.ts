import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../tools/drill/run-cli.ts'
import { blocksOf, headingsOf, rowsBelow } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = fs.readFileSync(path.join(root, 'docs/API.md'), 'utf8')

const TOKEN = 'token-of-this-test-1'

interface Part {
  /** `GET /api/v1/topics/:name` */
  readonly route: string
  readonly text: string
}

const parts: readonly Part[] = page
  .split(/^### /m)
  .slice(1)
  .map(text => ({ route: text.split('\n', 1)[0] ?? '', text: text.split(/^## /m)[0] ?? '' }))

/** Their keys are names of something. */
const MAPS: ReadonlySet<string> = new Set(['configs', 'loggers', 'active_resources', 'assignment'])

/** Where the two have other fields, or values of other kinds; lists by their first element, null fits everything. */
function differences(told: unknown, real: unknown, at = ''): string[] {
  if (told === null || real === null) return []
  if (Array.isArray(told) && Array.isArray(real)) {
    return told.length === 0 || real.length === 0 ? [] : differences(told[0], real[0], `${at}[0]`)
  }
  if (typeof told !== 'object' || typeof real !== 'object') {
    return typeof told === typeof real ? [] : [`${at}: ${typeof told} is ${typeof real}`]
  }
  const [left, right] = [new Map(Object.entries(told)), new Map(Object.entries(real))]
  if (MAPS.has(at.split('.').at(-1) ?? '')) return []
  const missing = [...left.keys(), ...right.keys()].filter(key => !left.has(key) || !right.has(key))
  return [
    ...missing.map(key => `${at}.${key}`),
    ...[...left].flatMap(([key, value]) => (right.has(key) ? differences(value, right.get(key), `${at}.${key}`) : []))
  ]
}

describe('docs/API.md', () => {
  let broker: TestBroker
  let consumer: Consumer
  beforeAll(async () => {
    broker = await startBroker({
      memory: true,
      config: { 'admin.tokens': TOKEN, 'group.initial.rebalance.delay.ms': '0' }
    })
    const streambus = (line: string, stdin: readonly string[] = []) =>
      runCommand(line.split(' '), { env: { STREAMBUS_BOOTSTRAP: broker.bootstrap }, stdin })
    await streambus('topic create orders --config retention.ms=3600000')
    await streambus('produce orders', ['1\n', '2\n'])
    await streambus('group reset-offsets billing --topic orders --to-earliest --execute')
    const kafka = new Kafka({ brokers: [broker.bootstrap], clientId: 'c', logLevel: logLevel.NOTHING })
    consumer = kafka.consumer({ groupId: 'billing' })
    await consumer.connect()
    await consumer.subscribe({ topics: ['orders'] })
    await new Promise<void>((resolve, reject) => {
      consumer.run({ eachMessage: async () => resolve() }).catch(reject)
    })
  })
  afterAll(async () => {
    await consumer.disconnect()
    await broker.stop()
  })

  const ask = (route: string): Promise<Response> => {
    const target = route
      .replace(':name', 'orders')
      .replace(':id', 'billing')
      .replace(/event-loop$/, '$&?seconds=1')
    return fetch(`${broker.adminUrl}${target}`, { headers: { Authorization: `Bearer ${TOKEN}` } })
  }

  test('has every route, and who may use it', async () => {
    const { endpoints } = (await (await ask('/')).json()) as {
      endpoints: { method: string; path: string; access: string }[]
    }
    const served = endpoints.map(({ method, path: route, access }) => `${method} ${route} ${access}`)
    const told = parts.map(({ route, text }) => {
      const [, access = ''] = /^[^\n]+\n\n(open|token, if one is set|token)\./.exec(text) ?? []
      return `${route} ${access.replace('token, if one is set', 'token-if-set')}`
    })
    expect(told.sort()).toEqual(served.sort())
  })

  const shown = parts.filter(({ route, text }) => route.startsWith('GET') && text.includes('```json'))
  test.each(shown.map(part => [part.route, part] as const))('shows what %s answers', async (_, { route, text }) => {
    const [block] = blocksOf(text)
    const real: unknown = await (await ask(route.split(' ')[1] ?? '')).json()
    expect(differences(JSON.parse(block?.text ?? 'null'), real)).toEqual([])
  })

  test('shows events of a group as they are', async () => {
    const { timeline } = (await (await ask('/api/v1/groups/billing')).json()) as { timeline: { kind: string }[] }
    const text = parts.find(({ route }) => route.endsWith('/groups/:id'))?.text ?? ''
    const told = (JSON.parse(blocksOf(text)[0]?.text ?? '{}') as { timeline: { kind: string }[] }).timeline
    const real = told.map(({ kind }) => timeline.find(event => event.kind === kind))
    expect(told.map((event, at) => differences(event, real[at] ?? 'none'))).toEqual([[], []])
  })

  test('lists its parts', () => {
    const titles = headingsOf(page).filter(heading => heading.startsWith('## '))
    expect([...page.matchAll(/^- \[(.*?)\]\(#/gm)].map(([, title]) => `## ${title}`)).toEqual(titles)
  })

  test('has every error that a route can answer with, under its status', () => {
    const told = rowsBelow(page, 'Status').flatMap(([status = '', codes = '']) =>
      codes.split(', ').map(code => `${status} ${code.replaceAll('`', '')}`)
    )
    expect(told.sort()).toEqual(errorsInCode().sort())
  })
})

/** As `status code`. */
function errorsInCode(): string[] {
  const folder = path.join(root, 'packages/broker/src/admin')
  const found = new Set<string>()
  for (const file of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const text = fs.readFileSync(path.join(folder, file), 'utf8')
    for (const [, status, code] of text.matchAll(/failure\((\d+), '(\w+)'/g)) found.add(`${status} ${code}`)
    for (const [, code] of text.matchAll(/refused\('(\w+)'/g)) found.add(`400 ${code}`)
  }
  return [...found]
}
