/**
 * Replicas for `count` new partitions, starting with partition `firstIndex`: leaders go round robin over the brokers,
 * followers are the next ones. Brokers are taken in the given order. The caller has checked that there are enough.
 */
export function placeReplicas(options: {
  readonly brokerIds: readonly number[]
  readonly firstIndex: number
  readonly count: number
  readonly replicationFactor: number
}): number[][] {
  const { brokerIds, firstIndex, count, replicationFactor } = options
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: replicationFactor }, (__, replica) => {
      return brokerIds[(firstIndex + i + replica) % brokerIds.length] as number
    })
  )
}
