import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  BOARDS,
  boards,
  type Dashboard,
  dashboardFiles,
  dashboardOf,
  FOLDER,
  importedOf,
  type Panel,
  PROVISIONED
} from '../src/index.ts'
import { firstScreen, formProblems } from './rules/form.ts'
import { panelsOf } from './rules/walk.ts'

const files = dashboardFiles()
const dashboards = boards.map(dashboardOf)
const overview = dashboards[0] as Dashboard

test('the files are what the generator writes: npm run dashboards', () => {
  const present = ['', PROVISIONED].flatMap(below =>
    fs
      .readdirSync(path.join(FOLDER, below))
      .filter(name => name.endsWith('.json'))
      .map(name => path.posix.join(below, name))
  )
  expect(present.toSorted()).toEqual([...files.keys()].toSorted())
  for (const [name, text] of files) {
    expect(fs.readFileSync(path.join(FOLDER, name), 'utf8') === text, `${name} is stale: npm run dashboards`).toBe(true)
  }
})

test('every dashboard that links know is there', () => {
  expect(dashboards.map(({ uid }) => uid)).toEqual(Object.keys(BOARDS))
})

test.each(dashboards.map(dashboard => [dashboard.title, dashboard] as const))(
  '%s has the form of all',
  (_, dashboard) => {
    expect(formProblems(`${dashboard.uid}.json`, dashboard)).toEqual([])
  }
)

test('the panels of the monitoring guide, and the golden signals, are on the first screen of the overview', () => {
  expect(firstScreen(overview)).toEqual(
    expect.arrayContaining([
      'Message Throughput',
      'Byte Throughput',
      'P99 Produce Latency',
      'P99 Consume Latency',
      'Broker Status',
      'Broker Activity',
      'Storage',
      'Latency',
      'Traffic',
      'Errors',
      'Saturation'
    ])
  )
  const types = new Map(panelsOf(overview).map(({ title, type }) => [title, type]))
  expect([types.get('P99 Produce Latency'), types.get('P99 Consume Latency')]).toEqual(['gauge', 'gauge'])
})

test('the security dashboard has the panels of the monitoring guide', () => {
  const security = dashboards.find(({ title }) => title === 'StreamBus Security')
  const titles = security === undefined ? [] : panelsOf(security).map(({ title }) => title)
  expect(titles).toEqual(expect.arrayContaining(['Authentication Failures', 'Authorization Denials']))
})

describe.each(dashboards.map(dashboard => [dashboard.title, dashboard] as const))('%s', (_, dashboard) => {
  const imported = importedOf(dashboard)
  const [source] = dashboard.templating.list
  const [input] = imported.__inputs

  test('provisioned, names no data source: Grafana takes the default one', () => {
    expect(JSON.stringify(dashboard)).not.toMatch(/\$\{DS_|__inputs/)
    expect(source).toMatchObject({ type: 'datasource', current: {} })
    expect(panelsOf(dashboard).every(({ datasource }) => datasource?.uid === `\${${source?.name}}`)).toBe(true)
  })

  test('imported, asks for it, and puts the answer in one place', () => {
    expect(source?.query).toBe(input?.pluginId)
    expect(imported.templating.list[0]?.current).toMatchObject({ value: `\${${input?.name}}` })
    const { __inputs, __requires, templating, ...rest } = imported
    expect(JSON.stringify([rest, templating.list.slice(1)])).not.toContain(input?.name)
    expect({ ...rest, templating: { list: [source, ...templating.list.slice(1)] } }).toEqual(dashboard)
    expect(__requires.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['grafana', input?.pluginId, ...panelsOf(dashboard).map(({ type }) => type)])
    )
  })
})

test('all jobs are those of the brokers, all of anything else is everything', () => {
  const variables = dashboards.flatMap(({ templating }) => templating.list).filter(({ type }) => type === 'query')
  const ofJob = variables.filter(({ name }) => name === 'job')
  expect(ofJob.length).toBe(dashboards.length - 1)
  for (const { allValue, includeAll, definition } of ofJob) {
    expect({ allValue, includeAll, definition }).toEqual({
      allValue: undefined,
      includeAll: true,
      definition: 'label_values(up{job=~"streambus.*"}, job)'
    })
  }
  for (const { name, allValue } of variables) if (name !== 'job') expect(allValue).toMatch(/^\.[+*]$/)
})

describe('each rule can fail', () => {
  const [first, second, ...rest] = overview.panels as readonly [Panel, Panel, ...Panel[]]

  function problemsWith(panel: object): string[] {
    return formProblems('streambus-overview.json', { ...overview, panels: [first, { ...second, ...panel }, ...rest] })
  }

  test.each([
    [{ id: first.id }, 'two panels have the id 1'],
    [{ gridPos: first.gridPos }, 'Message Throughput lies on Byte Throughput'],
    [{ gridPos: { x: 20, y: 100, w: 8, h: 4 } }, 'Byte Throughput does not fit the grid'],
    [{ type: 'graph' }, 'Byte Throughput: panel type graph is not one of'],
    [{ description: '' }, 'Byte Throughput: no description'],
    [{ title: '' }, ': no title'],
    [{ targets: [] }, 'Byte Throughput: no query'],
    [{ targets: [second.targets[0], second.targets[0]] }, 'Byte Throughput: two queries with one refId'],
    [{ datasource: { type: 'prometheus', uid: 'abc' } }, 'Byte Throughput: its data source is not the variable'],
    [
      { links: [{ title: 'x', url: '/d/streambus-nowhere' }] },
      'a link leads to streambus-nowhere, which does not exist'
    ],
    [
      { fieldConfig: { defaults: { ...second.fieldConfig.defaults, unit: 'furlongs' }, overrides: [] } },
      'Byte Throughput: unit furlongs is not known'
    ]
  ])('%j', (change, problem) => {
    expect(problemsWith(change).join('\n')).toContain(problem)
  })

  test('a head that differs', () => {
    const changed = { ...overview, time: { from: 'now-1h', to: 'now' } }
    expect(formProblems('other.json', changed)).toEqual([
      'other.json: file name is other.json, not streambus-overview.json',
      'other.json: from is now-1h, not now-6h'
    ])
  })
})
