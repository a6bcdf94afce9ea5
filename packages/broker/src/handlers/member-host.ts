/** What Node calls an IPv4 client of a listener that takes both. */
const MAPPED_IPV4 = /^::ffff:(?=[\d.]+$)/i

/**
 * A group member's address as Kafka stores it in `__consumer_offsets` and tells it: as Java prints one without a name,
 * with a slash in front, at which tools split, and IPv4 always as such. IPv6 keeps its short form, which Java lacks.
 */
export function memberHost(clientHost: string): string {
  return `/${clientHost.replace(MAPPED_IPV4, '')}`
}
