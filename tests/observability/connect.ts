import { Connection, parseBootstrap } from '@streambus/wire-client'

/** A connection for what no client library would send. */
export function connect(bootstrap: string): Promise<Connection> {
  const [address] = parseBootstrap(bootstrap)
  if (address === undefined) throw new Error(`no address in '${bootstrap}'`)
  return Connection.open({ address, clientId: 'raw' })
}
