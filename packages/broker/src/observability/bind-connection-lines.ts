import { CLOSED_BY_PEER, type ConnectionEnd } from '../net/connection.ts'
import type { ConnectionLog } from '../net/connection-log.ts'
import type { Peer } from '../pipeline/exchange.ts'
import { clientText, type Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'

/** Lines about the connections of a listener: those that the broker closed always, all at level debug. */
export function bindConnectionLines(listener: string, log: Log, repeated: RepeatedLines): ConnectionLog {
  return {
    opened({ connectionId, host, port }) {
      if (!log.isEnabled('debug')) return
      const fields = { event: 'client_connected', listener, connection_id: connectionId, client_host: host }
      log.debug('client connected', { ...fields, client_port: port })
    },
    closed(peer, end) {
      // What happens every day, and at every stop; whoever wants to see it sets the level.
      if (end.detail === CLOSED_BY_PEER) {
        if (log.isEnabled('debug'))
          log.debug('client disconnected', { event: 'client_disconnected', ...whoOf(peer, end) })
        return
      }
      const fields = { event: 'connection_closed', ...whoOf(peer, end), ...requestFields(peer, end), listener }
      repeated.write('close', { log, level: 'info', message: 'connection closed by the broker', fields })
    },
    rejected(host, reason) {
      const fields = { event: 'connection_refused', listener, client_host: host, reason }
      repeated.write('refuse', { log, level: 'warn', message: 'connection refused: a limit is reached', fields })
    }
  }
}

function whoOf({ connectionId, host, software }: Peer, { detail }: ConnectionEnd) {
  const who = { connection_id: connectionId, client_host: host, reason: detail }
  if (software === null) return who
  const { name, version } = software
  return { ...who, client_software: clientText(`${name} ${version}`) }
}

function requestFields({ connectionId }: Peer, { request }: ConnectionEnd) {
  if (request === null) return {}
  const { api, correlationId, clientId } = request
  return { request_id: `${connectionId}-${correlationId}`, api, client_id: clientText(clientId) }
}
