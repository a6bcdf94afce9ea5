import { Connection, parseBootstrap } from '@streambus/wire-client'
import type { GroupProtocol } from './member.ts'

const KEYS: Readonly<Record<GroupProtocol, { readonly key: number; readonly reason: string }>> = {
  classic: { key: 11, reason: 'groups are not served yet' },
  consumer: { key: 68, reason: 'groups of the consumer protocol are not served yet' }
}

/** Null when the broker advertises what the groups need; so these tests become active by themselves. */
export async function reasonNotServed(bootstrap: string, protocol: GroupProtocol): Promise<string | null> {
  const { key, reason } = KEYS[protocol]
  return (await serves(bootstrap, key)) ? null : reason
}

/** Whether the broker's ApiVersions names the key. */
export async function serves(bootstrap: string, key: number): Promise<boolean> {
  const [address] = parseBootstrap(bootstrap)
  if (address === undefined) throw new Error(`no address in ${bootstrap}`)
  const connection = await Connection.open({ address, clientId: 'compat' })
  try {
    return connection.versionOf({ key, accepted: { min: 0, max: 127 } }) !== null
  } finally {
    await connection.close()
  }
}
