import tls from 'node:tls'
import type { Clock } from '@streambus/base'
import type { Address } from '@streambus/wire-client'

/**
 * Whether a TLS server answers there, whatever its certificate says. A TLS port that gets a Kafka request hangs up like
 * any other stranger, so it has to be asked. Never rejects.
 */
export function speaksTls(
  { host, port }: Address,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number }
): Promise<boolean> {
  return new Promise(resolve => {
    // Nothing is sent or believed: only the handshake matters.
    const socket = tls.connect({ host, port, rejectUnauthorized: false })
    const end = (answer: boolean): void => {
      timer.cancel()
      socket.destroy()
      resolve(answer)
    }
    const timer = clock.after(limitMs, () => end(false))
    socket.once('secureConnect', () => end(true))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A TLS server that wants a certificate of ours, or refuses our ciphers, says so in an alert.
      end(error.code?.startsWith('ERR_SSL_') === true && error.code.includes('ALERT'))
    })
  })
}
