import type { Connection } from '@streambus/wire-client'
import { connect } from '../../connect.ts'
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
