import fs from 'node:fs'
import path from 'node:path'
import { startBroker, type TestBroker } from '@streambus/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../tools/drill/run-cli.ts'
import { scenarios } from '../../tools/drill/scenarios.ts'
import {
  drillProblems,
  fences,
  loggedEvents,
  type Runbook,
  runbookProblems,
  type Surroundings
} from './runbook-problems.ts'
import { context, root, rules, runbookFolder } from './shipped.ts'

const files = fs.readdirSync(runbookFolder)
const index = fs.readFileSync(path.join(runbookFolder, 'README.md'), 'utf8')
const runbooks: readonly Runbook[] = files
  .filter(file => file !== 'README.md')
  .map(file => ({
    name: path.parse(file).name,
    text: fs.readFileSync(path.join(runbookFolder, file), 'utf8'),
    rules: rules.alerts.filter(({ alert }) => alert === path.parse(file).name)
  }))
const surroundings: Surroundings = {
  known: context.known,
  events: loggedEvents(root),
  drills: scenarios,
  files: new Set(files)
}
/** Settings of clients and other programs that runbooks name. */
const FOREIGN_SETTINGS: ReadonlySet<string> = new Set([
  'linger.ms',
  'batch.size',
  'delivery.timeout.ms',
  'request.timeout.ms',
  'session.timeout.ms',
  'max.poll.interval.ms',
  'group.instance.id',
  'group.protocol',
  'fetch.min.bytes',
  'fetch.max.wait.ms',
  'transaction.timeout.ms',
  // Of replication, which is not there yet.
  'replica.lag.time.max.ms'
])
const NOT_SETTINGS = /^(jq|meta)\.|\.(ts|yml|properties)$|^resources\.limits/

test('every runbook names what there is', () => {
  expect(runbooks.flatMap(runbook => runbookProblems(runbook, surroundings))).toEqual([])
})

test('a drill is named with what it needs', () => {
  const drills = [
    { name: 'lag', needs: [] },
    { name: 'stop', needs: ['pid'] }
  ] as const
  expect(drillProblems('`npm run drill -- lag`, `npm run drill -- stop --pid PID`', drills)).toEqual([])
  expect(drillProblems('`npm run drill -- stop` (`npm run drill -- go`)', drills)).toEqual([
    'npm run drill -- stop lacks --pid',
    'there is no drill go'
  ])
})

test('the index has every alert and every drill', () => {
  expect(runbooks.filter(({ name }) => !index.includes(`[${name}](${name}.md)`)).map(({ name }) => name)).toEqual([])
  expect(scenarios.filter(({ name }) => !index.includes(`| \`${name}`)).map(({ name }) => name)).toEqual([])
  expect(drillProblems(index, scenarios)).toEqual([])
  for (const { alerts } of scenarios)
    expect(rules.alerts.map(({ alert }) => alert)).toEqual(expect.arrayContaining([...alerts]))
})

describe('on a running broker', () => {
  let broker: TestBroker
  const streambus = (line: string, stdin: readonly string[] = []) => {
    const args = line.replaceAll('/data', broker.dataDir).split(' ').slice(1)
    const env = { STREAMBUS_BOOTSTRAP: broker.bootstrap, STREAMBUS_ADMIN: new URL(broker.adminUrl).host }
    return runCommand(args, { env, stdin })
  }

  beforeAll(async () => {
    broker = await startBroker()
    await streambus('streambus topic create orders old-topic')
    await streambus(
      'streambus produce orders',
      Array.from({ length: 1_300 }, (_, record) => `${record}\n`)
    )
    await streambus('streambus group reset-offsets billing --topic orders --to-earliest --execute')
  })
  afterAll(() => broker.stop())

  test('every command of the runbooks does what it is for', async () => {
    const failed: string[] = []
    for (const line of commandsOf(runbooks)) {
      const isAsking = line.startsWith('streambus group delete')
      const { exitCode, output } = await streambus(isAsking ? `${line} --yes` : line)
      if (exitCode !== 0) failed.push(`${line}: ${output}`)
    }
    expect(failed).toEqual([])
  })

  test('every address of the admin port is answered', async () => {
    const addresses = runbooks.flatMap(({ text }) =>
      [...text.matchAll(/localhost:8080(\/[^\s"'`]*)/g)].map(([, at]) => at)
    )
    const answers = await Promise.all([...new Set(addresses)].map(async at => [at, await statusOf(at ?? '')] as const))
    expect(answers.filter(answer => answer[1] !== 200)).toEqual([])

    async function statusOf(at: string): Promise<number> {
      // The group may be deleted by the commands before.
      await streambus('streambus group reset-offsets billing --topic orders --to-earliest --execute')
      const body = JSON.stringify({ logger: 'net', level: 'fatal' })
      const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body }
      return (await fetch(broker.adminUrl + at, at.endsWith('/log-level') ? put : {})).status
    }
  })

  test('every setting is one', async () => {
    const known = new Set(FOREIGN_SETTINGS)
    for (const of of ['broker 0', 'topic orders']) {
      const { output } = await streambus(`streambus config describe ${of} --all --json`)
      for (const { name } of JSON.parse(output) as { name: string }[]) known.add(name)
    }
    const named = runbooks.flatMap(({ text }) =>
      [...text.matchAll(/`([a-z]+(?:\.[a-z]+)+)(?:=[^`]*)?`/g)].map(([, setting]) => setting ?? '')
    )
    expect([...new Set(named)].filter(name => !known.has(name) && !NOT_SETTINGS.test(name))).toEqual([])
  })
})

/** Those that delete come last, so that the others find what they ask for. */
function commandsOf(books: readonly Runbook[]): string[] {
  const lines = books.flatMap(({ text }) => [
    ...fences(text, 'bash').filter(line => line.startsWith('streambus ')),
    ...[...text.matchAll(/`(streambus [^`\n]*)`/g)].map(([, line = '']) => line)
  ])
  const deleting = (line: string): number => Number(/ delete /.test(line))
  return [...new Set(lines)].toSorted((a, b) => deleting(a) - deleting(b))
}
