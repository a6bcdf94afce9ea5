import { type Finding, failed, ok, skipped, warning } from './finding.ts'
import type { Gathered, TopicFacts } from './gathered.ts'

const CHECK = 'topics'

/** What is dangerous in the settings of single topics. */
export function judgeTopics({ metadata }: Gathered): Finding[] {
  const topics = metadata?.value?.topics
  if (topics === undefined) return [skipped(CHECK, 'the metadata could not be read')]
  if (topics.error !== null) return [skipped(CHECK, `their settings cannot be read: ${topics.error.message}`)]
  const found = topics.value.flatMap(judgeTopic)
  return found.length > 0 ? found : [ok(CHECK, `${topics.value.length} with settings of their own, none is dangerous`)]
}

function judgeTopic({ name, replicas, settings }: TopicFacts): Finding[] {
  const found: Finding[] = []
  const least = Number(settings.get('min.insync.replicas') ?? 1)
  if (least > replicas) {
    const what = `${name}: min.insync.replicas=${least} with ${replicas} replicas: acks=all never succeeds`
    found.push(failed(CHECK, what, `set it to 1 … ${replicas}`))
  }
  if (settings.get('flush.policy') === 'os') {
    const what = `${name}: flush.policy=os: acks=all is answered before the disk has it`
    found.push(warning(CHECK, what, 'set it to synced, unless losing that in a power cut is agreed on'))
  }
  const isDeleted = (settings.get('cleanup.policy') ?? 'delete').includes('delete')
  const none = ['retention.ms', 'retention.bytes'].find(key => settings.get(key) === '0')
  if (isDeleted && none !== undefined) {
    const what = `${name}: ${none}=0: records are deleted as soon as their segment ends`
    found.push(warning(CHECK, what, 'set it to what is needed, -1 for no limit'))
  }
  return found
}
