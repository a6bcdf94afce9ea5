import { type Disk, readWhole, replaceWhole } from '@streambus/base'

const FILE = 'meta.properties'
const VERSION = '1'

/** Who a log directory belongs to (Kafka's `meta.properties`). */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/**
 * Null when the directory is new. Throws when the file is there and cannot be believed: the data might be another
 * broker's.
 */
export function readMetaProperties(disk: Disk, directory: string): MetaProperties | null {
  const path = `${directory}/${FILE}`
  if (!disk.exists(path)) return null
  const entries = new Map<string, string>()
  for (const line of readWhole(disk, path).toString('utf8').split('\n')) {
    const at = line.indexOf('=')
    if (!line.startsWith('#') && at > 0) entries.set(line.slice(0, at), line.slice(at + 1))
  }
  const clusterId = entries.get('cluster.id') ?? ''
  const directoryId = entries.get('directory.id') ?? ''
  const nodeId = entries.get('node.id') ?? ''
  if (entries.get('version') !== VERSION || clusterId === '' || directoryId === '' || !/^\d{1,10}$/.test(nodeId)) {
    throw new Error(`${path} is damaged or of another version; restore it, or start on an empty log.dirs`)
  }
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

/** Durable when it returns. */
export function writeMetaProperties(disk: Disk, directory: string, properties: MetaProperties): void {
  const { clusterId, nodeId, directoryId } = properties
  const text = `version=${VERSION}\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=${directoryId}\n`
  replaceWhole(disk, `${directory}/${FILE}`, Buffer.from(text))
}

/**
 * Gives new directories to this node and checks that the others are its own. Returns the cluster id (the configured
 * one, else the one found, else `newId()`) and the directories' ids by path. Throws with the directory, what it
 * says and the way out.
 */
export function claimDirectories(options: {
  readonly disk: Disk
  readonly directories: readonly string[]
  readonly nodeId: number
  /** Empty: not configured. */
  readonly clusterId: string
  readonly newId: () => string
}): { readonly clusterId: string; readonly directoryIds: ReadonlyMap<string, string> } {
  const { disk, directories, nodeId, newId } = options
  const found = directories.map(directory => ({ directory, properties: readMetaProperties(disk, directory) }))
  const known = found.find(({ properties }) => properties !== null)?.properties?.clusterId
  const clusterId = options.clusterId === '' ? (known ?? newId()) : options.clusterId
  for (const { directory, properties } of found) {
    if (properties === null) continue
    if (properties.nodeId !== nodeId) {
      throw new Error(
        `${directory} belongs to node ${properties.nodeId}, node.id is ${nodeId}: change node.id or log.dirs`
      )
    }
    if (properties.clusterId !== clusterId) {
      const said = `${directory} belongs to cluster ${properties.clusterId}, not ${clusterId}`
      throw new Error(`${said}: change cluster.id or log.dirs`)
    }
  }
  checkTwins(found)
  // Only now: a refused start must not have claimed anything.
  const directoryIds = new Map<string, string>()
  for (const { directory, properties } of found) {
    const directoryId = properties?.directoryId ?? newId()
    if (properties === null) writeMetaProperties(disk, directory, { clusterId, nodeId, directoryId })
    directoryIds.set(directory, directoryId)
  }
  return { clusterId, directoryIds }
}

/** The metadata names directories by their ids. */
function checkTwins(
  found: readonly { readonly directory: string; readonly properties: MetaProperties | null }[]
): void {
  const byId = new Map<string, string>()
  for (const { directory, properties } of found) {
    if (properties === null) continue
    const twin = byId.get(properties.directoryId)
    if (twin !== undefined) {
      const both = `${twin} and ${directory} have the same directory.id ${properties.directoryId}`
      throw new Error(`${both}: one is a copy of the other; take it out of log.dirs`)
    }
    byId.set(properties.directoryId, directory)
  }
}
