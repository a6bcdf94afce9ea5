import { int, long, secrets, string } from '../setting.ts'

const MIB = 1024 * 1024

/** A bearer token: RFC 6750's b64token, long enough not to be guessed. */
export const ADMIN_TOKEN = {
  pattern: /^[A-Za-z0-9._~+/-]{16,256}={0,2}$/,
  allowed: '16 to 256 letters, digits and - . _ ~ + /'
} as const

/** The admin port beside its address. None of them is Kafka's. */
export const ADMIN_SETTINGS = {
  'admin.tokens': secrets({
    default: [],
    item: ADMIN_TOKEN.pattern,
    allowed: `a comma-separated list of tokens, each of them ${ADMIN_TOKEN.allowed}`,
    doc: 'Bearer tokens for what the admin port does not show everybody. Without any, that is off.'
  }),
  'admin.tokens.file': string({
    default: '',
    doc: 'File with more such tokens, one a line. Read again while the broker runs. Empty: none.'
  }),
  'admin.heap.snapshot.max.bytes': long({
    default: 512 * MIB,
    min: 0,
    dynamic: 'cluster',
    doc: 'No heap snapshot is taken of a larger heap: it stops the broker for seconds and needs as much memory again.'
  }),
  'admin.health.timeout.ms': int({
    default: 2_000,
    min: 100,
    max: 60_000,
    dynamic: 'cluster',
    doc: 'A health check without a result after this time is in error. Probes should wait longer than that.'
  })
} as const
