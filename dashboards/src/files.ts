import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { boards } from './boards/index.ts'
import { dashboardOf } from './dashboard.ts'
import { importedOf } from './imported.ts'
import { printJson } from './print.ts'

export const FOLDER = fileURLToPath(new URL('..', import.meta.url))
/**
 * Below FOLDER, and all that provider.yml points at: Grafana also loads what is in folders below, and of two files with
 * one uid neither.
 */
export const PROVISIONED = 'provisioned'

/** Every generated file by its name below FOLDER, with what must be in it. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    boards.map(dashboardOf).flatMap(dashboard => {
      const name = `${dashboard.uid}.json`
      return [
        [name, `${printJson(importedOf(dashboard))}\n`],
        [path.posix.join(PROVISIONED, name), `${printJson(dashboard)}\n`]
      ] as const
    })
  )
}
