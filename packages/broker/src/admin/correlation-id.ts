import type { Prng } from '@streambus/base'

/** Letters, digits and what common generators put between them: safe in headers, log lines and queries. */
const ACCEPTED = /^[A-Za-z0-9._:-]{1,64}$/

/** The caller's id when it is one, else a new one of 8 hexadecimal digits. */
export function correlationId(header: string | readonly string[] | undefined, prng: Prng): string {
  if (typeof header === 'string' && ACCEPTED.test(header)) return header
  return prng.u32().toString(16).padStart(8, '0')
}
