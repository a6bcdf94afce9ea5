import { execFileSync } from 'node:child_process'
import os from 'node:os'

/** What every figure needs beside it: without the machine and the commit a number says nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  readonly node: string
  /** Short commit, with `+` when the tree has changes; `unknown` outside a repository. */
  readonly commit: string
  /** One-minute load average per core before the run: above some 0.3 the machine was busy with something else. */
  readonly loadPerCore: number
}

export function readMachine(): Machine {
  const cpus = os.cpus()
  return {
    cpu: (cpus[0]?.model ?? 'unknown processor').trim(),
    cores: cpus.length,
    memoryMib: Math.round(os.totalmem() / 2 ** 20),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    commit: commit(),
    loadPerCore: Math.round(((os.loadavg()[0] ?? 0) / Math.max(1, cpus.length)) * 100) / 100
  }
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryMib, kernel, node, commit: at, loadPerCore } = machine
  return `machine: ${cpu}, ${cores} cores, ${memoryMib} MiB, ${kernel}, node ${node}, commit ${at}, load ${loadPerCore} per core`
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    }).trim()
  try {
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    )
  } catch {
    return 'unknown'
  }
}
