import type { Prng } from '@streambus/base'
import type { Input, JoinGroupResponse, SyncGroupResponse } from '@streambus/protocol'
import { randomUuid } from '../../../controller/uuid.ts'

export interface MemberProtocol {
  readonly name: string
  /** Means something to the members only. */
  readonly metadata: Buffer
}

export type JoinAnswer = Input<JoinGroupResponse>
export type SyncAnswer = Input<SyncGroupResponse>

const EMPTY = Buffer.alloc(0)
/** Characters of the part of a member's id that says who it is: with the rest it fits in a string of the protocol. */
const WHO_MAX = 255

/** As Kafka makes it: who it is, and what no other one has. */
export function newMemberId(
  { instanceId, clientId }: Pick<ClassicMember, 'instanceId' | 'clientId'>,
  prng: Prng
): string {
  return `${(instanceId ?? clientId).slice(0, WHO_MAX)}-${randomUuid(prng)}`
}

/** A member of a classic group. */
export class ClassicMember {
  memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  /** The most preferred first. */
  protocols: readonly MemberProtocol[]
  /** Empty while there is none. */
  assignment: Buffer = EMPTY
  /** Its first join is still parked. */
  isNew = false
  /** Parked answers: the other members have not come yet, or the leader's assignment is not stored yet. */
  joinReply: ((answer: JoinAnswer) => void) | null = null
  syncReply: ((answer: SyncAnswer) => void) | null = null

  constructor(of: {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
    readonly protocols: readonly MemberProtocol[]
  }) {
    this.memberId = of.memberId
    this.instanceId = of.instanceId
    this.clientId = of.clientId
    this.clientHost = of.clientHost
    this.sessionTimeoutMs = of.sessionTimeoutMs
    this.rebalanceTimeoutMs = of.rebalanceTimeoutMs
    this.protocols = of.protocols
  }

  metadataFor(protocol: string | null): Buffer {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? EMPTY
  }

  /** Whether joining with these protocols changes nothing. */
  hasProtocols(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, i) => {
        const own = this.protocols[i]
        return own?.name === name && own.metadata.equals(metadata)
      })
    )
  }

  answerJoin(answer: JoinAnswer): boolean {
    const reply = this.joinReply
    this.joinReply = null
    reply?.(answer)
    return reply !== null
  }

  answerSync(answer: SyncAnswer): boolean {
    const reply = this.syncReply
    this.syncReply = null
    reply?.(answer)
    return reply !== null
  }
}
