import { lockHolder as holderOfFile } from '@streambus/base/node'

/**
 * Who holds the lock of a log directory, StreamBus or Kafka, in words; null when nobody seems to, or when the lock
 * cannot be asked. Only looks: taking the lock to find out would write to the directory.
 */
export function lockHolder(logDirectory: string): string | null {
  try {
    return holderOfFile(`${logDirectory}/.lock`)
  } catch {
    return null
  }
}
