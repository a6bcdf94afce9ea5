import type { Panel, Row } from './grafana/model.ts'
import type { PanelDraft } from './panel.ts'

export const COLUMNS = 24

export interface Section {
  /** Null: no heading. */
  readonly title: string | null
  /** A collapsed row asks nothing until it is opened. */
  readonly collapsed: boolean
  readonly panels: readonly PanelDraft[]
}

export function section(title: string | null, panels: readonly PanelDraft[]): Section {
  return { title, collapsed: false, panels }
}

export function collapsed(title: string, panels: readonly PanelDraft[]): Section {
  return { title, collapsed: true, panels }
}

interface Cursor {
  y: number
  id: number
}

/** Panels get their places from left to right and their ids from top to bottom, so that both are the same each time. */
export function layOut(sections: readonly Section[]): readonly (Panel | Row)[] {
  const cursor = { y: 0, id: 1 }
  return sections.flatMap(one => layOutSection(one, cursor))
}

function layOutSection({ title, collapsed: isCollapsed, panels }: Section, cursor: Cursor): (Panel | Row)[] {
  if (title === null) return place(panels, cursor)
  const heading = {
    id: cursor.id++,
    type: 'row',
    title,
    collapsed: isCollapsed,
    gridPos: { x: 0, y: cursor.y++, w: COLUMNS, h: 1 },
    panels: []
  } as const
  if (!isCollapsed) return [heading, ...place(panels, cursor)]
  // Those of a collapsed row lie where they come when it is opened, and take no room before.
  const inside = { y: cursor.y, id: cursor.id }
  const placed = place(panels, inside)
  cursor.id = inside.id
  return [{ ...heading, panels: placed }]
}

function place(panels: readonly PanelDraft[], cursor: Cursor): Panel[] {
  let x = 0
  let lineHeight = 0
  const placed = panels.map(draft => {
    const { width, height, ...panel } = draft
    if (x + width > COLUMNS) {
      cursor.y += lineHeight
      x = 0
      lineHeight = 0
    }
    const gridPos = { x, y: cursor.y, w: width, h: height }
    x += width
    lineHeight = Math.max(lineHeight, height)
    return { id: cursor.id++, ...panel, gridPos }
  })
  cursor.y += lineHeight
  return placed
}
