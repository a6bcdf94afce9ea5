import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { run } from '../run.ts'

const PACKAGES = ['kafka-python==3.0.12', 'confluent-kafka==2.16.1'] as const
const IMPORTS = 'import kafka, confluent_kafka'
const INSTALL_MS_MAX = 110_000

export const NO_PYTHON_CLIENTS =
  'no Python with kafka-python and a new confluent-kafka: they could not be installed into a venv of their own, and STREAMBUS_COMPAT_PYTHON names none'

/**
 * A Python with both clients: the one that STREAMBUS_COMPAT_PYTHON names; or that of a venv in the user's cache, made
 * when it is not there. Null when neither can be had, such as without a package registry.
 */
export async function pythonWithClients(): Promise<string | null> {
  const given = process.env['STREAMBUS_COMPAT_PYTHON']
  if (given !== undefined) return (await works(given)) ? given : null
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache')
  const directory = path.join(cache, 'streambus-compat', PACKAGES.join('+'))
  const python = path.join(directory, 'bin', 'python3')
  if (existsSync(python) && (await works(python))) return python
  if ((await run('python3', ['-m', 'venv', '--clear', directory])).code !== 0) return null
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]
  await run(python, install, { timeoutMs: INSTALL_MS_MAX })
  return (await works(python)) ? python : null
}

async function works(python: string): Promise<boolean> {
  return (await run(python, ['-c', IMPORTS])).code === 0
}
