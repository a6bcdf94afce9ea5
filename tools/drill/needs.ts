import fs from 'node:fs'
import type { Scenario } from './scenario.ts'

/** Options as they were typed. */
export type GivenOptions = Readonly<Partial<Record<Scenario['needs'][number], string>>>

const CHECKS: Readonly<Record<Scenario['needs'][number], (value: string) => string | null>> = {
  pid: pidProblem,
  fill: fillProblem
}
const WAYS_OUT: Readonly<Record<Scenario['needs'][number], string>> = {
  pid: "the broker's process on this machine; ss -ltnp 'sport = :8080' shows it (that of npm start is npm's own)",
  fill: 'a directory on the filesystem of a log directory'
}

/** What a drill needs and was not given, or what is wrong with it, in a sentence with the way out; null: nothing. */
export function missingOption({ name, needs }: Pick<Scenario, 'name' | 'needs'>, given: GivenOptions): string | null {
  for (const option of needs) {
    const value = given[option]
    if (value === undefined) return `${name} needs --${option}, ${WAYS_OUT[option]}`
    const problem = CHECKS[option](value)
    if (problem !== null) return `--${option} is ${value}: ${problem}; ${name} needs ${WAYS_OUT[option]}`
  }
  return null
}

function pidProblem(value: string): string | null {
  const pid = Number(value)
  if (!Number.isInteger(pid) || pid <= 1) return 'it is no process id'
  try {
    process.kill(pid, 0)
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EPERM' ? 'it is the process of another user' : 'there is no such process'
  }
}

function fillProblem(value: string): string | null {
  const found = fs.statSync(value, { throwIfNoEntry: false })
  if (found === undefined) return 'it does not exist'
  return found.isDirectory() ? null : 'it is no directory'
}
