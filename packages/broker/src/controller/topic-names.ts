const NAME = /^[a-zA-Z0-9._-]+$/
const NAME_LENGTH_MAX = 249
/** Its directory would be that of the metadata log. */
const METADATA_TOPIC = '__cluster_metadata'

/** Topics in which the broker keeps records of its own. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state'])

/** Why a topic cannot have this name; null when it can. */
export function nameProblem(name: string): string | null {
  if (name === '') return 'a topic name must not be empty'
  if (name === '.' || name === '..') return `a topic must not be named "${name}"`
  if (name === METADATA_TOPIC) return `${METADATA_TOPIC} is the broker's own`
  if (name.length > NAME_LENGTH_MAX)
    return `a topic name has at most ${NAME_LENGTH_MAX} characters; this one has ${name.length}`
  return NAME.test(name) ? null : 'a topic name consists of letters, digits, ".", "_" and "-"'
}

/** Names that differ only in "." and "_" collide in metric names, as in Kafka. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
