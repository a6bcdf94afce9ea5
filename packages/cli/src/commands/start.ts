import type { Call } from '../io.ts'
import { parsePairs } from '../usage-error.ts'

export interface StartOptions {
  readonly config?: string
  readonly set?: readonly string[]
  readonly listeners?: string
  readonly adminListener?: string
  readonly logDirs?: string
}

/** Runs a broker in this process until it is told to stop; its exit code is ours. */
export async function start({ options }: Call<StartOptions>): Promise<number> {
  const flags: Record<string, string> = Object.create(null) as Record<string, string>
  for (const { name, value } of parsePairs(options.set ?? [], '--set')) flags[name] = value
  if (options.listeners !== undefined) flags['listeners'] = options.listeners
  if (options.adminListener !== undefined) flags['admin.listener'] = options.adminListener
  if (options.logDirs !== undefined) flags['log.dirs'] = options.logDirs
  const { runBroker } = await import('@streambus/broker')
  return runBroker(options.config === undefined ? { flags } : { configFile: options.config, flags })
}
