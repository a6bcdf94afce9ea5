import { describe, expect, test } from 'vitest'
import type { Dashboard, Panel } from '../../../dashboards/src/index.ts'
import { collect } from '../../preview/collect.ts'
import { rowsOf } from '../../preview/draw/table.ts'
import { drawIndex, drawPage } from '../../preview/page.ts'
import { dashboards } from '../../preview/render.ts'
import type { Answer } from '../../preview/series.ts'
import { fakeSource, INTERVALS, line, NOTHING, RANGE } from './fake-source.ts'

const linkOf = (uid: string): string => `${uid}.html`

/** Names that a client could choose. */
const HOSTILE = '<script>"&'

function answer(_expr: string, kind: 'range' | 'instant'): Answer {
  const labels = { topic: HOSTILE, group: HOSTILE, instance: 'b:1', le: '0.5', api: HOSTILE }
  const values = kind === 'instant' ? [3] : [0, 1, Number.NaN, 2, 2, Number.POSITIVE_INFINITY, 5]
  return { lines: [{ atMs: 0, labels: { level: 'warn' }, line: HOSTILE }], series: [line(labels, values)] }
}

async function draw(dashboard: Dashboard, answers: typeof answer): Promise<string> {
  const source = fakeSource(answers)
  const result = await collect(dashboard, { prometheus: source, loki: source, intervals: INTERVALS })
  return drawPage(result, { range: RANGE, linkOf })
}

describe.each(dashboards.map(dashboard => [dashboard.title, dashboard] as const))('%s', (title, dashboard) => {
  test('every kind of panel is drawn, whatever names are in it', async () => {
    const page = await draw(dashboard, answer)
    expect(page).toContain(`<h1>${title}</h1>`)
    expect(page).not.toContain('<script>')
    expect(page.match(/NaN[,"]|undefined|\[object/g)).toBe(null)
    expect(page).not.toContain('<em>')
  })

  test('panels without data have a mark', async () => {
    const page = await draw(dashboard, () => NOTHING)
    const panels = page.match(/<section /g)?.length ?? 0
    expect(panels).toBeGreaterThan(5)
    expect(page.match(/<em>/g)?.length).toBe(panels)
  })
})

test('the index leads to all of them', () => {
  const page = drawIndex(linkOf)
  for (const { uid } of dashboards) expect(page).toContain(`href="${uid}.html"`)
})

describe('tables', () => {
  const columns = { instance: 'Broker', version: 'Version', 'Value #B': 'Uptime' }
  const panel = {
    targets: [],
    options: { sortBy: [{ displayName: 'Uptime', desc: true }] },
    transformations: [
      { id: 'merge', options: {} },
      { id: 'organize', options: { renameByName: columns, indexByName: { instance: 0, version: 1, 'Value #B': 2 } } }
    ]
  } as unknown as Panel

  test('rows of several queries are joined by the labels that all of them have', () => {
    const target = { expr: '', error: null, awaits: null, lines: [] }
    const { rows, columns: headings } = rowsOf(panel, [
      {
        ...target,
        refId: 'A',
        series: [line({ instance: 'a', version: '1' }, [1]), line({ instance: 'b', version: '2' }, [1])]
      },
      { ...target, refId: 'B', series: [line({ instance: 'a' }, [10]), line({ instance: 'b' }, [20])] }
    ])
    expect(headings).toEqual(['Broker', 'Version', 'Uptime'])
    expect(rows.map(row => Object.fromEntries(row))).toEqual([
      { Broker: 'b', Version: '2', Uptime: 20 },
      { Broker: 'a', Version: '1', Uptime: 10 }
    ])
  })
})
