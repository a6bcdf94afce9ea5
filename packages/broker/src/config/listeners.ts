export interface Address {
  readonly host: string
  readonly port: number
}

/** A listener's address. An empty host means every interface; port 0 a free port. */
export interface ListenerAddress extends Address {
  readonly name: string
}

const URL_LIKE = /^([A-Za-z][A-Za-z0-9_]*):\/\/(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:/[\]\s]*)):(\d{1,5})$/
const HOST_PORT = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:/[\]\s]+)):(\d{1,5})$/
const PORT_MAX = 65_535
/** Bind addresses that name no machine. */
const ANY_HOST: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '0:0:0:0:0:0:0:0'])

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Reads `host:port` or `[v6]:port`; null when it is none. */
export function parseHostPort(text: string): Address | null {
  const match = HOST_PORT.exec(text)
  if (match === null || Number(match[3]) > PORT_MAX) return null
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}

export interface ListenerSettings {
  readonly listeners: readonly string[]
  readonly 'advertised.listeners': readonly string[]
  readonly 'listener.security.protocol.map': readonly string[]
}

export interface ParsedListeners {
  readonly listeners: readonly ListenerAddress[]
  /** What clients of the listener at the same position are told; port 0: the bound one. */
  readonly advertised: readonly Address[]
}

/** Reads and checks the three settings together; every problem goes to `problems`. */
export function parseListeners(settings: ListenerSettings, problems: string[]): ParsedListeners {
  const listeners = parseAll('listeners', settings.listeners, problems)
  const advertised = parseAll('advertised.listeners', settings['advertised.listeners'], problems)
  if (settings.listeners.length === 0) problems.push('listeners is empty: give at least one, NAME://host:port')
  checkProtocols(settings['listener.security.protocol.map'], listeners, problems)
  checkPorts(listeners, problems)
  for (const { name } of advertised) {
    if (listeners.some(listener => listener.name === name)) continue
    problems.push(`advertised.listeners has ${name}, which is not in listeners: give both or neither`)
  }
  return { listeners, advertised: listeners.map(listener => advertisedFor(listener, advertised, problems)) }
}

function advertisedFor(listener: ListenerAddress, advertised: readonly ListenerAddress[], problems: string[]): Address {
  const { name, host, port } = advertised.find(each => each.name === listener.name) ?? listener
  if (ANY_HOST.has(host)) {
    const at = advertised.some(each => each.name === name) ? 'advertised.listeners' : 'listeners'
    problems.push(
      `${at} has ${name}://${host}:${port}, an address that clients cannot connect to: ` +
        `set advertised.listeners to ${name}://HOST:${port} with a name or address of this machine that clients reach`
    )
  }
  return { host, port }
}

function parseAll(setting: string, texts: readonly string[], problems: string[]): ListenerAddress[] {
  const found: ListenerAddress[] = []
  for (const text of texts) {
    const match = URL_LIKE.exec(text)
    if (match === null || Number(match[4]) > PORT_MAX) {
      problems.push(
        `${setting} has "${text}": must be NAME://host:port, such as PLAINTEXT://127.0.0.1:9092; port 0 … 65535`
      )
      continue
    }
    const name = (match[1] as string).toUpperCase()
    if (found.some(listener => listener.name === name)) {
      problems.push(`${setting} has ${name} twice: give each listener a name of its own`)
      continue
    }
    found.push({ name, host: match[2] ?? match[3] ?? '', port: Number(match[4]) })
  }
  return found
}

function checkProtocols(map: readonly string[], listeners: readonly ListenerAddress[], problems: string[]): void {
  const protocols = new Map<string, string>()
  for (const entry of map) {
    const [name = '', protocol = ''] = entry.split(':').map(part => part.trim().toUpperCase())
    protocols.set(name, protocol)
    if (protocol === 'PLAINTEXT') continue
    problems.push(
      `listener.security.protocol.map has "${entry}": must be NAME:PLAINTEXT; this version serves no other protocol`
    )
  }
  for (const { name } of listeners) {
    if (protocols.has(name)) continue
    problems.push(
      `listeners has ${name}, whose protocol is not known: name it PLAINTEXT or add ${name}:PLAINTEXT to ` +
        'listener.security.protocol.map'
    )
  }
}

function checkPorts(listeners: readonly ListenerAddress[], problems: string[]): void {
  const seen = new Set<string>()
  for (const { name, host, port } of listeners) {
    const address = `${host}:${port}`
    if (port !== 0 && seen.has(address))
      problems.push(`listeners has ${address} twice, again for ${name}: give it another port`)
    seen.add(address)
  }
}
