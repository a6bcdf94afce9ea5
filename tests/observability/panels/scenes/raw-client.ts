import { Connection, parseBootstrap } from '@streambus/wire-client'
import type { Stage } from '../stage.ts'

/** Runs `use` with a connection of its own, for what no client library would send. */
export async function withConnection<T>({ broker }: Stage, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(broker.bootstrap)
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}

function connect(bootstrap: string): Promise<Connection> {
  const [address] = parseBootstrap(bootstrap)
  if (address === undefined) throw new Error(`no address in '${bootstrap}'`)
  return Connection.open({ address, clientId: 'raw' })
}
