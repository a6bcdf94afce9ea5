import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '@streambus/broker'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../tools/drill/run-cli.ts'
import { checkPromql } from '../../tools/promql/index.ts'
import { loggedEvents } from '../alerts/runbook-problems.ts'
import { context, rules } from '../alerts/shipped.ts'
import { blocksOf, brokenLinks, headingsOf, rowsBelow } from './markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe.each(['OPERATIONS.md', 'SECURITY.md', 'API.md', 'CLI.md'])('docs/%s', name => {
  const file = path.join(root, 'docs', name)
  const guide = fs.readFileSync(file, 'utf8')
  const prose = guide.replaceAll(/^```\w*\n.*?\n```$/gms, '')

  test('has no link that leads nowhere, and lists its parts', () => {
    expect(brokenLinks(file)).toEqual([])
    const listed = [...guide.matchAll(/^- \[(.*?)\]\(#/gm)].map(([, title]) => `## ${title}`)
    const parts = headingsOf(guide).filter(heading => heading.startsWith('## '))
    if (name !== 'CLI.md') expect(listed).toEqual(parts)
  })

  test('names settings that there are, with their defaults', async () => {
    const { values } = await loadConfig({})
    const all: Readonly<Record<string, unknown>> = values
    const prefixes = 'admin|log|max|metrics|queued|output|socket|request|tracing|shutdown|auto\\.create|delete\\.topic'
    const named = [...prose.matchAll(new RegExp(`\`((?:${prefixes})(?:\\.[a-z]+)+)(?:=\\w+)?\``, 'g'))]
    expect(named.map(([, setting = '']) => setting).filter(setting => !(setting in all))).toEqual(
      // Of consumers.
      name === 'OPERATIONS.md'
        ? ['auto.offset.reset'].filter(setting => named.some(([, each]) => each === setting))
        : []
    )
    for (const [setting = '', shown] of rowsBelow(guide, 'Setting')) {
      expect(shown, setting).toBe(String(all[setting.replaceAll('`', '')]))
    }
  })

  test('names events, alerts and metrics that there are', () => {
    const events = loggedEvents(root)
    const named = [...guide.matchAll(/event="(\w+)"/g)].map(([, event = '']) => event)
    expect(named.filter(event => !events.has(event))).toEqual([])
    const alerts = new Set(rules.alerts.map(({ alert }) => alert))
    const runbooks = [...guide.matchAll(/runbooks\/(\w+)\.md/g)].map(([, alert = '']) => alert)
    expect(runbooks.filter(alert => alert !== 'README' && !alerts.has(alert))).toEqual([])
    const queries = blocksOf(guide).filter(({ language }) => language === 'promql')
    expect(queries.flatMap(({ text }) => checkPromql(text, { known: context.known }))).toEqual([])
  })
})

describe('commands of docs/OPERATIONS.md', () => {
  let broker: TestBroker
  const guide = fs.readFileSync(path.join(root, 'docs/OPERATIONS.md'), 'utf8')
  const streambus = (line: string) => {
    const args = line
      .replaceAll(/\/var\/(lib|backups)\/streambus/g, broker.dataDir)
      .split(' ')
      .slice(1)
    const env = { STREAMBUS_BOOTSTRAP: broker.bootstrap, STREAMBUS_ADMIN: new URL(broker.adminUrl).host }
    return runCommand(args, { env })
  }

  beforeAll(async () => {
    broker = await startBroker()
    await streambus('streambus topic create orders old-topic')
  })
  afterAll(() => broker.stop())

  test('do what they are for', async () => {
    const lines = blocksOf(guide)
      .filter(({ language }) => language === 'bash')
      .flatMap(({ text }) => text.split('\n'))
      .filter(line => line.startsWith('streambus ') && !/^streambus (start|doctor)/.test(line))
    expect(lines.length).toBeGreaterThan(10)
    const failed: string[] = []
    for (const line of lines) {
      const { exitCode, output } = await streambus(line)
      if (exitCode !== 0) failed.push(`${line}: ${output}`)
    }
    expect(failed).toEqual([])
  })
})
