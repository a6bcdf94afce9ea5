import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const hasPromtool = spawnSync('promtool', ['--version']).status === 0

/** For each expression whether Prometheus' own parser takes it. */
export function promtoolTakes(expressions: readonly string[]): boolean[] {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'promql-'))
  try {
    const file = path.join(directory, 'rules.yml')
    const rules = expressions.map((expr, index) => ({ record: `r${index}`, expr }))
    // JSON is YAML.
    fs.writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', rules }] }))
    const { stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
    const refused = new Set(
      [...`${stdout}${stderr}`.matchAll(/"r(\d+)": could not parse/g)].map(([, index]) => Number(index))
    )
    return expressions.map((_, index) => !refused.has(index))
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}
