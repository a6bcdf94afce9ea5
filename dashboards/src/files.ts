import { fileURLToPath } from 'node:url'
import { boards } from './boards/index.ts'
import { dashboardOf } from './dashboard.ts'
import { printJson } from './print.ts'

export const FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** Every generated file by its name, with what must be in it. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(boards.map(board => [`${board.uid}.json`, `${printJson(dashboardOf(board))}\n`]))
}
