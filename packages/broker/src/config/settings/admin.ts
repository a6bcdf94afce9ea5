import { int } from '../setting.ts'

/** The admin port beside its address. None of them is Kafka's. */
export const ADMIN_SETTINGS = {
  'admin.health.timeout.ms': int({
    default: 2_000,
    min: 100,
    max: 60_000,
    dynamic: 'cluster',
    doc: 'A health check without a result after this time is in error. Probes should wait longer than that.'
  })
} as const
