import { type Address, parseBootstrap } from '@streambus/wire-client'
import { UsageError } from './usage-error.ts'

/** The value of --admin. Throws UsageError. */
export function adminAddress(text: string, allowed = 'HOST:PORT'): Address {
  try {
    const [address] = parseBootstrap(text)
    if (address !== undefined) return address
  } catch {
    // Said below, with the option's name.
  }
  throw new UsageError(`--admin is '${text}'; ${allowed} is expected, such as 127.0.0.1:8080`)
}
