/** True for hosts that mean the machine of whoever connects. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:/, '')
  return plain === 'localhost' || plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain)
}

/** True for hosts that name no machine: addresses to listen on, never to connect to. */
export function isWildcard(host: string): boolean {
  return ['', '0.0.0.0', '::', '0:0:0:0:0:0:0:0'].includes(host)
}

/** The names and hosts of `listeners` and its like: NAME://host:port, … */
export function listenersOf(text: string): { readonly name: string; readonly host: string }[] {
  return text
    .split(',')
    .map(each => /^\s*(\w+):\/\/(?:\[([^\]]*)\]|([^:/]*)):\d+\s*$/.exec(each))
    .filter(match => match !== null)
    .map(([, name = '', v6, host = '']) => ({ name: name.toUpperCase(), host: v6 ?? host }))
}

export function hostsOf(listeners: string): string[] {
  return listenersOf(listeners).map(({ host }) => host)
}
