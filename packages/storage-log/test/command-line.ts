import { type ParseArgsConfig, parseArgs } from 'node:util'

/** The words of a rig that is run by hand. Does not return when an option is unknown or lacks its value. */
export function readArguments<T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    return refuse(usage, (error as Error).message)
  }
}

/** Ends the process with 2. */
export function refuse(usage: string, reason = `got ${process.argv.slice(2).join(' ')}`): never {
  say(`${reason}\n${usage}`)
  process.exit(2)
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
