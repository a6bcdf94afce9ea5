/** Settings of the group coordinator, as they are in force at the moment of the call. */
export interface GroupSettings {
  /** `group.min.session.timeout.ms`, `group.max.session.timeout.ms`: what classic members may ask for. */
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number
  /** `group.max.size`. */
  readonly membersMax: number
  /** `offset.metadata.max.bytes`. */
  readonly metadataBytesMax: number
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number
  /** `offsets.retention.check.interval.ms`. */
  readonly expiryCheckMs: number
  /** Of groups of the consumer protocol. */
  readonly consumer: ConsumerSettings
}

export interface ConsumerSettings {
  /** `group.consumer.session.timeout.ms`. */
  readonly sessionTimeoutMs: number
  /** `group.consumer.heartbeat.interval.ms`: members are told. */
  readonly heartbeatIntervalMs: number
  /** `group.consumer.max.size`. */
  readonly membersMax: number
  /** `group.consumer.assignors`: the first is the default. Not empty. */
  readonly assignors: readonly string[]
  /** `group.consumer.migration.policy`. */
  readonly migrationPolicy: 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled'
}
