export interface Address {
  readonly host: string
  readonly port: number
}

export const DEFAULT_PORT = 9092

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Reads `host:port`, `[v6]:port` or `host`, several separated by commas; the port defaults to 9092. Throws a
 * TypeError that quotes the part it cannot read.
 */
export function parseBootstrap(text: string): Address[] {
  const addresses = text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(parseAddress)
  if (addresses.length === 0) throw new TypeError('bootstrap address is empty; expected HOST:PORT[,HOST:PORT…]')
  return addresses
}

function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d+))?$/.exec(text)
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(`bootstrap address '${text}' is not HOST:PORT with a port of 1 … 65535, such as 127.0.0.1:9092`)
  }
  return { host, port }
}
