import type { Settings } from './gathered.ts'
import { isLoopback, listenersOf } from './hosts.ts'

/** A setting that is dangerous as it stands. */
export interface Danger {
  readonly state: 'warning' | 'failed'
  readonly found: string
  readonly wayOut: string
}

/** Protocols that may ask clients who they are. */
const AUTHENTICATES = /^(SSL|SASL_.*)$/

type Rule = (settings: Settings) => Danger | null

const MINUTE_MS = 60_000
/** Clients of librdkafka and Java give up idle connections after 9 minutes, so the broker should be slower. */
const IDLE_MS_MIN = 9 * MINUTE_MS
/** What Java and librdkafka ask for unless they are told otherwise. */
const SESSION_MS = 45_000
const DAY_MINUTES = 24 * 60
const NEVER = '-1'

/** What is judged the same in a file and in a running broker. Settings that are not there are not judged. */
const RULES: readonly Rule[] = [
  openListeners,
  openAdmin,
  flushPolicy,
  autoCreate,
  retention,
  replication,
  sizes,
  is('unclean.leader.election.enable', 'true', 'a replica that lacks acknowledged writes may lead', 'false'),
  is('log.cleaner.enable', 'false', 'compacted topics grow for ever, __consumer_offsets too', 'true'),
  is('log.cleanup.policy', '', 'nothing is ever deleted', 'delete or compact'),
  is('log.dir.free.refuse.bytes', '0', 'producers are refused only when the disk is full', '1073741824 (1 GiB)'),
  is('log.dir.stall.exit.ms', '0', 'a broker whose disk hangs stays, and does not fail', '60000'),
  temporaryDirectory,
  idleConnections,
  sessions,
  offsetsRetention,
  lostDirectories
]

/** Everything about the settings that is dangerous. Pure. */
export function dangersOf(settings: Settings): Danger[] {
  return RULES.map(rule => rule(settings)).filter(danger => danger !== null)
}

function is(name: string, value: string, consequence: string, better: string): Rule {
  return settings =>
    settings.get(name) === value ? warn(`${name}=${value}: ${consequence}`, `set it to ${better}`) : null
}

function openListeners(settings: Settings): Danger | null {
  const listeners = settings.get('listeners') ?? ''
  const protocols = new Map(
    (settings.get('listener.security.protocol.map') ?? '').split(',').map(entry => {
      const [name = '', protocol = ''] = entry.split(':').map(part => part.trim().toUpperCase())
      return [name, protocol]
    })
  )
  const isOpen = listenersOf(listeners).some(({ name, host }) => {
    return !isLoopback(host) && !AUTHENTICATES.test(protocols.get(name) ?? name)
  })
  if (!isOpen) return null
  const found = `listeners=${listeners}: whoever reaches it may read and write everything, without authentication`
  return warn(found, 'keep it on a network of its own (firewall, loopback)')
}

function openAdmin(settings: Settings): Danger | null {
  const listener = settings.get('admin.listener') ?? 'none'
  const host = /^\[?(.*?)\]?:\d+$/.exec(listener)?.[1]
  if (host === undefined || isLoopback(host)) return null
  const found = `admin.listener=${listener}: whoever reaches it may see metrics and topics, and change log levels`
  return warn(found, 'keep it on the network of the monitoring')
}

function flushPolicy(settings: Settings): Danger | null {
  if (settings.get('log.flush.policy') !== 'os') return null
  const everyMs = Number(settings.get('log.flush.interval.ms') ?? Number.POSITIVE_INFINITY)
  const bound =
    everyMs < MINUTE_MS ? `up to ${everyMs} ms of it` : 'what the kernel had not written, up to half a minute'
  const found = `log.flush.policy=os: acks=all is answered before the disk has it, and a power cut takes ${bound}`
  return warn(found, 'set it to synced, unless losing that is agreed on')
}

/** On by default, which is right where people try things out. */
function autoCreate(settings: Settings): Danger | null {
  const environment = settings.get('environment') ?? 'development'
  if (settings.get('auto.create.topics.enable') !== 'true' || environment === 'development') return null
  const found = `auto.create.topics.enable=true in environment ${environment}: a misspelt name becomes a topic`
  return warn(found, 'set it to false and create topics on purpose')
}

/** The first of the three that is set counts, as in Kafka. */
function retention(settings: Settings): Danger | null {
  const names = ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours']
  const name = names.find(each => (settings.get(each) ?? '') !== '')
  const time = name === undefined ? null : settings.get(name)
  const bytes = settings.get('log.retention.bytes')
  const isDeleted = (settings.get('log.cleanup.policy') ?? 'delete').includes('delete')
  if (!isDeleted) return null
  if (time === '0')
    return warn(`${name}=0: records are deleted as soon as their segment ends`, 'set it to what is needed')
  if (bytes === '0') {
    return warn('log.retention.bytes=0: records are deleted as soon as their segment ends', 'set it to -1 for no limit')
  }
  if (time !== NEVER || bytes !== NEVER) return null
  return warn(`${name}=-1 and log.retention.bytes=-1: topics grow until the disk is full`, 'set one of them')
}

function replication(settings: Settings): Danger | null {
  const [least, replicas] = [number(settings, 'min.insync.replicas'), number(settings, 'default.replication.factor')]
  if (least === null || replicas === null || least <= replicas) return null
  const found = `min.insync.replicas=${least} is above default.replication.factor=${replicas}: acks=all never succeeds in new topics`
  return { state: 'failed', found, wayOut: `set min.insync.replicas to 1 … ${replicas}` }
}

function sizes(settings: Settings): Danger | null {
  const [batch, request] = [number(settings, 'message.max.bytes'), number(settings, 'socket.request.max.bytes')]
  if (batch === null || request === null || batch < request) return null
  const found = `message.max.bytes=${batch} does not fit socket.request.max.bytes=${request}: such a batch closes its connection`
  return { state: 'failed', found, wayOut: 'set socket.request.max.bytes above message.max.bytes' }
}

function temporaryDirectory(settings: Settings): Danger | null {
  const directories = (settings.get('log.dirs') ?? '').split(',').map(each => each.trim())
  const temporary = directories.find(each => /^\/(tmp|var\/tmp|dev\/shm|run)(\/|$)/.test(each))
  if (temporary === undefined) return null
  return warn(
    `log.dirs has ${temporary}: what is there may be gone after a restart of the machine`,
    'use a disk that stays'
  )
}

function idleConnections(settings: Settings): Danger | null {
  const idleMs = number(settings, 'connections.max.idle.ms')
  if (idleMs === null || idleMs > IDLE_MS_MIN) return null
  const found = `connections.max.idle.ms=${idleMs}: clients keep idle connections for ${IDLE_MS_MIN} ms and find them closed`
  return warn(found, 'set it to 600000 or more')
}

function sessions(settings: Settings): Danger | null {
  const least = number(settings, 'group.min.session.timeout.ms') ?? 0
  const most = number(settings, 'group.max.session.timeout.ms') ?? Number.POSITIVE_INFINITY
  if (least <= SESSION_MS && most >= SESSION_MS) return null
  const found = `group.min.session.timeout.ms=${least} and group.max.session.timeout.ms=${most} refuse the ${SESSION_MS} ms that clients ask for by default`
  return { state: 'failed', found, wayOut: `let the range hold ${SESSION_MS}` }
}

function offsetsRetention(settings: Settings): Danger | null {
  const minutes = number(settings, 'offsets.retention.minutes')
  if (minutes === null || minutes >= DAY_MINUTES) return null
  const found = `offsets.retention.minutes=${minutes}: a group that stands still for longer begins anew`
  return warn(found, `set it to ${DAY_MINUTES} or more (default ${7 * DAY_MINUTES})`)
}

function lostDirectories(settings: Settings): Danger | null {
  const lost = settings.get('log.dirs.lost') ?? ''
  if (lost === '') return null
  return warn(
    `log.dirs.lost=${lost}: what was in them begins anew, empty`,
    'remove it once the broker has started with it'
  )
}

function number(settings: Settings, name: string): number | null {
  const text = settings.get(name)
  return text === undefined || text === '' ? null : Number(text)
}

function warn(found: string, wayOut: string): Danger {
  return { state: 'warning', found, wayOut }
}
