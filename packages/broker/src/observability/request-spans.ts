import type { RequestTrack } from '../pipeline/request-probe.ts'
import type { PhaseSpan } from './request-phases.ts'
import type { TraceContext } from './trace-context.ts'

/** What a span says; the first of a list is the root, the others are its children. Monotonic times. */
export interface SpanSpec {
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** The producers' spans whose records are meant: a batch has many, so they are linked, not parents. */
  readonly links: readonly TraceContext[]
  /** Kafka's name of what the broker did wrong; null: nothing, or its client did. */
  readonly error: string | null
}

/** What was in a request, as far as spans tell it. */
export interface RequestSubject {
  /** The first of its topics; null: it has none, or only an id. */
  readonly topic: string | null
  /** −1: not of a single one. */
  readonly partition: number
  /** Of that partition: what the batch got, or is read from; −1: unknown. */
  readonly offset: number
  /** Records of all its batches, or of those in the answer; −1: unknown. */
  readonly messageCount: number
  readonly groupId: string | null
  readonly link: TraceContext | null
}

/** Operations as OpenTelemetry's messaging conventions name them; other requests go by their API. */
const OPERATIONS: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  Produce: { name: 'publish', type: 'send' },
  Fetch: { name: 'fetch', type: 'receive' },
  OffsetCommit: { name: 'commit', type: 'settle' }
}

export interface RequestSpans {
  readonly apiName: string
  readonly track: RequestTrack
  readonly subject: RequestSubject
  readonly phases: readonly PhaseSpan[]
  /** Kafka's name of what was the broker's fault; null: nothing. */
  readonly error: string | null
  /** The same, also of what was the client's. */
  readonly errorType: string | null
}

/** The spans of one request: itself, and a child for each of its phases. Times and texts only; nothing is kept. */
export function spansOf({ apiName, track, subject, phases, error, errorType }: RequestSpans): readonly SpanSpec[] {
  const startMs = phases[0]?.startMs ?? track.arrivedMs
  // A handler that threw at once has no phases and was never ready.
  const endMs = Math.max(startMs, phases.at(-1)?.endMs ?? track.readyMs)
  const operation = OPERATIONS[apiName]
  const name = operation?.name ?? apiName
  const root: SpanSpec = {
    name: subject.topic === null ? name : `${name} ${subject.topic}`,
    startMs,
    endMs,
    attributes: attributesOf(apiName, track, subject, errorType),
    links: subject.link === null ? [] : [subject.link],
    error
  }
  const children = phases.map(({ phase, ...times }) => ({
    name: phase,
    ...times,
    attributes: {},
    links: [],
    error: null
  }))
  return [root, ...children]
}

function attributesOf(apiName: string, track: RequestTrack, subject: RequestSubject, errorType: string | null) {
  const { clientId, clientHost, connectionId, correlationId, apiVersion, requestBytes, responseBytes } = track
  const { topic, partition, offset, messageCount, groupId } = subject
  const operation = OPERATIONS[apiName]
  const attributes: Record<string, string | number> = {
    'messaging.system': 'kafka',
    'server.address': track.advertised.host,
    'server.port': track.advertised.port,
    'network.peer.address': clientHost,
    'network.peer.port': track.clientPort,
    'streambus.request_id': `${connectionId}-${correlationId}`,
    'streambus.api.name': apiName,
    'streambus.api.version': apiVersion,
    'streambus.request.bytes': requestBytes,
    'streambus.response.bytes': responseBytes
  }
  if (operation !== undefined) {
    attributes['messaging.operation.name'] = operation.name
    attributes['messaging.operation.type'] = operation.type
  }
  if (clientId !== '') attributes['messaging.client.id'] = clientId
  if (topic !== null) attributes['messaging.destination.name'] = topic
  if (partition >= 0) attributes['messaging.destination.partition.id'] = String(partition)
  if (offset >= 0) attributes['messaging.kafka.offset'] = offset
  if (messageCount >= 0) attributes['messaging.batch.message_count'] = messageCount
  if (groupId !== null) attributes['messaging.consumer.group.name'] = groupId
  if (errorType !== null) attributes['error.type'] = errorType
  return attributes
}
