import {
  type AnyApi,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  type DeleteGroupsResponse,
  type DeleteTopicsResponse,
  type FetchResponse,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type MetadataResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type ProduceRequest,
  type ProduceResponse
} from '@streambus/protocol'
import { Counts } from './counts.ts'
import { FetchTally } from './fetch-tally.ts'
import { GroupTally } from './group-tally.ts'
import { ProduceTally, type SentRecords } from './produce-tally.ts'
import { TopicTally } from './topic-tally.ts'
import { VerdictTally } from './verdict-tally.ts'

/** Why a request got no further than its frame or its header. */
export type Refusal = 'malformed' | 'unknown_api' | 'unsupported_version'

/** Everything that went between clients and a broker, as it stood on the wire. Of the broker it knows nothing. */
export class WireTally {
  /** Connections that reached the broker, and how they ended: `client`, `policy`, or by their error. */
  connectionsOpened = 0
  readonly connectionsEnded = new Counts()
  bytesIn = 0
  bytesOut = 0
  framesIn = 0
  framesOut = 0
  /** Requests by API and version, without those that were refused. */
  readonly requests = new Counts()
  /** Their sizes by API, without length fields; those of answers with them. */
  readonly requestBytes = new Counts()
  readonly responses = new Counts()
  readonly responseBytes = new Counts()
  readonly verdicts = new VerdictTally()
  readonly refused = new Counts()
  readonly produced = new ProduceTally()
  readonly fetched = new FetchTally()
  readonly groups = new GroupTally()
  readonly topics = new TopicTally()
  /** What should not have been: bytes that this side cannot read. */
  readonly problems: string[] = []

  /** What of the request has to be remembered until its answer is there. */
  request(api: AnyApi, version: number, body: unknown, bytes: number): unknown {
    this.requests.add(1, api.name, String(version))
    this.requestBytes.add(bytes, api.name)
    return api.name === 'Produce' ? this.produced.sent(body as ProduceRequest) : body
  }

  answer(api: AnyApi, request: unknown, answer: unknown, bytes: number): void {
    this.responses.add(1, api.name)
    this.responseBytes.add(bytes, api.name)
    this.verdicts.answer(api.name, answer)
    this.#note(api.name, request, answer)
  }

  #note(api: string, request: unknown, answer: unknown): void {
    const { produced, fetched, groups, topics } = this
    const notes: Readonly<Record<string, () => void>> = {
      Produce: () => produced.answer(request as SentRecords, answer as ProduceResponse),
      Fetch: () => fetched.answer(answer as FetchResponse, topics),
      Metadata: () => topics.metadata(answer as MetadataResponse),
      CreateTopics: () => topics.created(request as CreateTopicsRequest, answer as CreateTopicsResponse),
      CreatePartitions: () => topics.grown(request as CreatePartitionsRequest, answer as CreatePartitionsResponse),
      DeleteTopics: () => {
        for (const topic of topics.removed(answer as DeleteTopicsResponse)) groups.topicDeleted(topic)
      },
      JoinGroup: () => groups.joined(request as JoinGroupRequest, answer as JoinGroupResponse),
      LeaveGroup: () => groups.left(request as LeaveGroupRequest, answer as LeaveGroupResponse),
      ConsumerGroupHeartbeat: () =>
        groups.heartbeat(request as ConsumerGroupHeartbeatRequest, answer as ConsumerGroupHeartbeatResponse),
      OffsetCommit: () => groups.committed(request as OffsetCommitRequest, answer as OffsetCommitResponse, topics),
      OffsetDelete: () => groups.offsetsDeleted(request as OffsetDeleteRequest, answer as OffsetDeleteResponse),
      DeleteGroups: () => groups.deleted(answer as DeleteGroupsResponse)
    }
    notes[api]?.()
  }
}
