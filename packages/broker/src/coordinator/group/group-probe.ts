/** Why a rebalance began; a label of a metric, so there are few. */
export type RebalanceReason =
  | 'member_joined'
  | 'member_rejoined'
  | 'member_left'
  | 'member_expired'
  | 'sync_timeout'
  | 'static_member_replaced'
  | 'assignment_not_stored'
  | 'subscription_changed'
  | 'topics_changed'
  | 'revocation_timeout'
  | 'protocol_changed'

/** What is said of a member. */
export interface ReportedMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
}

export type MemberEvent = 'joined' | 'left' | 'expired' | 'fenced'

/** What groups report. */
export interface GroupProbe {
  rebalanceStarted(groupId: string, generation: number, reason: RebalanceReason): void
  /** `tookMs`: from its start until the assignment was stored. */
  rebalanceEnded(groupId: string, generation: number, of: { reason: RebalanceReason; tookMs: number }): void
  member(groupId: string, event: MemberEvent, member: ReportedMember): void
  offsetsCommitted(groupId: string, count: number): void
  offsetsExpired(count: number): void
  groupDeleted(groupId: string): void
}

export const SILENT_GROUP_PROBE: GroupProbe = {
  rebalanceStarted() {},
  rebalanceEnded() {},
  member() {},
  offsetsCommitted() {},
  offsetsExpired() {},
  groupDeleted() {}
}
