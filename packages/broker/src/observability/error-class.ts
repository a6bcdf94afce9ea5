import { type ErrorName, errorByCode } from '@streambus/protocol'

/**
 * Whose fault an error code is: 'server' is something this broker owes its clients, 'retriable' what clients settle on
 * their own by trying again or asking elsewhere, 'client' the rest.
 */
export type ErrorClass = 'server' | 'client' | 'retriable'

const SERVER: ReadonlySet<ErrorName> = new Set([
  'UNKNOWN_SERVER_ERROR',
  'KAFKA_STORAGE_ERROR',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'COORDINATOR_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE'
] satisfies ErrorName[])

/** Final by Kafka's table, and yet part of how group members work. */
const SETTLED_BY_CLIENTS: ReadonlySet<ErrorName> = new Set([
  'REBALANCE_IN_PROGRESS',
  'MEMBER_ID_REQUIRED'
] satisfies ErrorName[])

/** Its fault lies with who sent the batch, although a producer may try again. */
const CLIENT: ReadonlySet<ErrorName> = new Set(['CORRUPT_MESSAGE'] satisfies ErrorName[])

export function classOf(code: number): { readonly name: string; readonly errorClass: ErrorClass } {
  const { name, retriable } = errorByCode(code)
  if (SERVER.has(name)) return { name, errorClass: 'server' }
  if (CLIENT.has(name)) return { name, errorClass: 'client' }
  return { name, errorClass: retriable || SETTLED_BY_CLIENTS.has(name) ? 'retriable' : 'client' }
}
