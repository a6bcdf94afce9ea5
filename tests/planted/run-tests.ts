import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A planted endless loop must end, too. */
const TIMEOUT_MS = 120_000

export type TestStatus = 'passed' | 'failed'

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string
      readonly status: string
    }[]
  }[]
}

/**
 * Runs the tests with exactly these titles in `files` of the tree at `root`. Returns what became of them by title: one
 * that is missing did not run, because its file cannot even be loaded, or because it hung.
 */
export function runTests(root: string, files: readonly string[], titles: readonly string[]): Map<string, TestStatus> {
  const output = join(root, 'planted-report.json')
  rmSync(output, { force: true })
  const pattern = `(${titles.map(title => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const words = [vitest, 'run', ...files, '-t', pattern, '--reporter=json', `--outputFile=${output}`]
  spawnSync(process.execPath, words, { cwd: root, stdio: 'ignore', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
  return outcomes(output)
}

function outcomes(path: string): Map<string, TestStatus> {
  const found = new Map<string, TestStatus>()
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return found
  }
  for (const { assertionResults } of report.testResults) {
    for (const { title, status } of assertionResults) {
      if (status === 'passed' || status === 'failed') found.set(title, status)
    }
  }
  return found
}
