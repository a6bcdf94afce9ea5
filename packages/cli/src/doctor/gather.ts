import { type Config, loadConfig } from '@streambus/broker'
import { attempt } from './attempt.ts'
import { type AdminOptions, gatherAdmin } from './gather-admin.ts'
import { gatherKafka, type KafkaOptions } from './gather-kafka.ts'
import type { FileFacts, Gathered } from './gathered.ts'

export interface GatherOptions extends KafkaOptions, Pick<AdminOptions, 'intervalMs'> {
  /** Null: there is none to look at. */
  readonly admin: AdminOptions['address'] | null
  /** A configuration file, already read. */
  readonly file: { readonly path: string; readonly text: string } | null
}

/** Looks at everything at once; what cannot be looked at says why and holds up nothing else. Never rejects. */
export async function gather(options: GatherOptions): Promise<Gathered> {
  const { admin, file, clock, limitMs } = options
  const [kafka, adminFacts, fileFacts] = await Promise.all([
    gatherKafka(options),
    admin === null ? null : gatherAdmin({ ...options, address: admin }),
    file === null ? null : readConfig(file, { clock, limitMs })
  ])
  return { ...kafka, admin: adminFacts, file: fileFacts }
}

async function readConfig(
  { path, text }: NonNullable<GatherOptions['file']>,
  limit: Pick<KafkaOptions, 'clock' | 'limitMs'>
): Promise<FileFacts> {
  // The environment here is not that of the broker.
  const load = (): Promise<Config> => loadConfig({ fileText: text, filePath: path })
  return { path, config: await attempt(path, load, limit) }
}
