import type { Prng } from '@streambus/base'
import { ZERO_UUID } from '@streambus/protocol'

/** A random id as Kafka prints them: never zero, never with "-" first, which command lines would take for an option. */
export function randomUuid(prng: Prng): string {
  for (;;) {
    const id = Buffer.from(prng.bytes(16)).toString('base64url')
    if (id !== ZERO_UUID && !id.startsWith('-')) return id
  }
}
