import { type Command, InvalidArgumentError } from 'commander'
import type { Body, Call, GlobalOptions, Io } from '../io.ts'

/** What every `defineX` gets: the tree to add to, and where the chosen body goes. */
export interface Definition {
  readonly io: Io
  readonly program: Command
  readonly run: { exitCode: number; body: (() => Promise<number>) | null }
}

/**
 * An action that loads its body only when it is chosen: help and usage errors must not wait for the network code.
 * Import nothing but commander and types in the files of this directory.
 */
export function lazy<Options>(definition: Definition, load: () => Promise<Body<Options>>) {
  return (...actionArguments: unknown[]): void => {
    const command = actionArguments.at(-1) as Command
    definition.run.body = async () => {
      const body = await load()
      const isTimeoutGiven = definition.program.getOptionValueSource('timeout') === 'cli'
      const call: Call<Options> = {
        io: definition.io,
        args: command.args,
        options: { ...command.optsWithGlobals<GlobalOptions & Options>(), isTimeoutGiven }
      }
      return body(call)
    }
  }
}

/** The examples at the end of a help text. */
export function examples(rows: readonly (readonly [command: string, meaning: string])[]): string {
  const width = Math.max(...rows.map(([command]) => command.length))
  const lines = rows.map(
    ([command, meaning]) => `  ${meaning === '' ? command : `${command.padEnd(width)}  ${meaning}`}`
  )
  return `\nExamples:\n${lines.join('\n')}`
}

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** For options whose value is a whole number within `min` … `max`. */
export function whole(option: string, min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value
    const limit = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} … ${max}`
    throw new InvalidArgumentError(`${option} takes a whole number, ${limit}.`)
  }
}

/** For options that are a time, 1 ms to 24 days (what a timer holds). */
export function milliseconds(option: string) {
  return whole(option, 1, 2 ** 31 - 1)
}

/** Of --admin. */
export function adminDefault({ io }: Definition): string {
  return io.env['STREAMBUS_ADMIN'] || '127.0.0.1:8080'
}
