import { boolean, int, list, long, oneOf, string } from '../setting.ts'

const MIB = 1024 * 1024

/** Identity, addresses and limits of a broker. Kafka's names where the meaning is Kafka's. */
export const SERVER_SETTINGS = {
  'node.id': int({
    default: 0,
    min: 0,
    doc: 'Number of this broker in its cluster. Written into log.dirs at the first start.'
  }),
  'cluster.id': string({
    default: '',
    pattern: /^[A-Za-z0-9_-]*$/,
    allowed: 'letters, digits, "_" and "-"',
    doc: 'Identity of the cluster. Empty: the one found in log.dirs, or a random one at the first start.'
  }),
  'broker.rack': string({
    default: '',
    doc: 'Rack or availability zone of this broker, as clients see it. Empty: none.'
  }),
  environment: string({ default: 'development', doc: 'Name of the environment, for logs, health and metrics.' }),
  listeners: list({
    default: ['PLAINTEXT://127.0.0.1:9092'],
    doc: 'Addresses to listen on, NAME://host:port. An empty host or 0.0.0.0 is every interface; port 0 is a free port.'
  }),
  'advertised.listeners': list({
    default: [],
    doc: 'Addresses that clients are told to use, NAME://host:port for each listener. Empty: the same as listeners.'
  }),
  'listener.security.protocol.map': list({
    default: ['PLAINTEXT:PLAINTEXT'],
    doc: 'Protocol of each listener name, NAME:PROTOCOL. Only PLAINTEXT is served in this version.'
  }),
  'admin.listener': string({
    default: '127.0.0.1:8080',
    doc: 'Address of metrics, health and admin API, host:port. "none" turns them off; port 0 is a free port.'
  }),
  'log.level': oneOf({
    values: ['debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
    doc: 'Least severe log lines that are written. STREAMBUS_DEBUG=true in the environment is debug. The admin port changes it at run time.'
  }),
  // Kafka has no limit here; a broker that nobody configured must not fall to a loop that opens connections.
  'max.connections': int({
    default: 10_000,
    min: 1,
    doc: 'Client connections per listener. What the descriptor limit of the process allows is never exceeded.'
  }),
  'max.connections.per.ip': int({ default: 10_000, min: 1, doc: 'Client connections from one address.' }),
  'connections.max.idle.ms': long({
    default: 600_000,
    min: 1_000,
    doc: 'A connection without requests is closed after this time. Clients give up idle ones after 9 minutes.'
  }),
  'request.stall.ms': long({
    default: 30_000,
    min: 100,
    max: 3_600_000,
    doc: 'A connection whose request began and gets no further bytes is closed after this time.'
  }),
  'shutdown.grace.ms': long({
    default: 5_000,
    min: 0,
    max: 600_000,
    doc: 'How long a stop waits for answers under way to leave.'
  }),
  'socket.request.max.bytes': int({ default: 100 * MIB, min: 1024, doc: 'A longer request closes its connection.' }),
  'queued.max.requests': int({
    default: 500,
    min: 1,
    doc: 'Requests of one connection that may be under way; then the broker stops reading from it.'
  }),
  'queued.max.request.bytes': long({
    default: 256 * MIB,
    min: MIB,
    doc: 'Bytes that requests under way may hold, over all connections; then connections wait their turn.'
  }),
  'fetch.max.bytes': int({
    default: 55 * MIB,
    min: 1024,
    doc: 'Record bytes in one fetch answer, whatever the client asks.'
  }),
  'output.bytes.max': long({
    default: 256 * MIB,
    min: MIB,
    doc: 'Record bytes that fetch answers under way may hold, over all connections; further answers are smaller.'
  }),
  'max.incremental.fetch.session.cache.slots': int({
    default: 1000,
    min: 0,
    doc: 'Incremental fetch sessions kept. Accepted for later: this version answers every fetch in full.'
  }),
  'auto.create.topics.enable': boolean({
    default: true,
    doc: 'Whether a topic comes into being when a client asks for its metadata.'
  }),
  'delete.topic.enable': boolean({ default: true, doc: 'Whether topics may be deleted.' }),
  'transaction.max.timeout.ms': int({
    default: 900_000,
    min: 1,
    doc: 'Longest transaction that a client may ask for. Accepted for later: this version has no transactions.'
  })
} as const
