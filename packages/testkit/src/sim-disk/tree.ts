import { DiskError } from '@streambus/base'
import { MemoryDirectory, MemoryInode, type MemoryNode, type Sequence } from '../memory-inode.ts'

/** One name set or taken away; all effects of a change reach the device together or not at all. */
interface Effect {
  readonly directory: MemoryDirectory
  readonly name: string
  readonly node: MemoryNode | null
}

interface NameChange {
  readonly sequence: number
  readonly text: string
  readonly effects: readonly Effect[]
}

/** One change that a power cut may take or leave on its own. */
export interface PendingChange {
  readonly sequence: number
  readonly kind: 'name' | 'sector' | 'size' | 'cut'
  /** The file whose contents change; null for a name. */
  readonly file: MemoryInode | null
  /** The directory whose names change; null for contents. */
  readonly directory: MemoryDirectory | null
  /** For people. */
  readonly text: string
}

/**
 * Names and files as now and as on the device. It has no errors but those of names that are not there: faults, handles
 * and limits are the disk's around it. A rename is one change (journalling filesystems promise that), everything else
 * may be lost or kept on its own until its directory is synced.
 */
export class DiskTree {
  readonly root = new MemoryDirectory()
  readonly sequence: Sequence
  #changes: NameChange[] = []
  #fileCount: number

  constructor(fileCount = 0, sequence: Sequence = { next: 0 }) {
    this.#fileCount = fileCount
    this.sequence = sequence
  }

  find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root
    for (const name of parts(path)) {
      if (!(node instanceof MemoryDirectory)) return undefined
      node = node.entries.get(name)
    }
    return node
  }

  directory(path: string, operation: string): MemoryDirectory {
    const node = this.find(path)
    if (node === undefined) throw failure('ENOENT', operation, path)
    if (!(node instanceof MemoryDirectory)) throw failure('ENOTDIR', operation, path)
    return node
  }

  create(path: string): MemoryInode {
    const { directory, name } = this.#parent(path, 'open')
    const inode = new MemoryInode(this.#fileCount++, this.sequence)
    this.#change(`create ${path}`, [{ directory, name, node: inode }])
    return inode
  }

  makeDirectory(path: string): void {
    let node = this.root
    let at = ''
    for (const name of parts(path)) {
      at = `${at}/${name}`
      let next = node.entries.get(name)
      if (next === undefined) {
        next = new MemoryDirectory()
        this.#change(`mkdir ${at}`, [{ directory: node, name, node: next }])
      }
      if (!(next instanceof MemoryDirectory)) throw failure('ENOTDIR', 'mkdir', path)
      node = next
    }
  }

  rename(from: string, to: string): void {
    const source = this.#parent(from, 'rename')
    const target = this.#parent(to, 'rename')
    const node = source.directory.entries.get(source.name)
    if (node === undefined) throw failure('ENOENT', 'rename', from)
    this.#change(`rename ${from} → ${to}`, [
      { ...source, node: null },
      { ...target, node }
    ])
  }

  unlink(path: string): void {
    const { directory, name } = this.#parent(path, 'unlink')
    if (!directory.entries.has(name)) throw failure('ENOENT', 'unlink', path)
    this.#change(`unlink ${path}`, [{ directory, name, node: null }])
  }

  /** False when it is not there. */
  removeDirectory(path: string): boolean {
    const names = parts(path)
    const name = names.pop()
    const parent = this.find(`/${names.join('/')}`)
    if (name === undefined || !(parent instanceof MemoryDirectory) || !parent.entries.has(name)) return false
    this.#change(`rmdir ${path}`, [{ directory: parent, name, node: null }])
    return true
  }

  syncDirectory(path: string): void {
    const directory = this.directory(path, 'fsync')
    this.#changes = this.#changes.filter(change => {
      if (!change.effects.some(effect => effect.directory === directory)) return true
      for (const effect of change.effects) put(effect.directory.durable, effect)
      return false
    })
  }

  /** All that a power cut may take or leave now, in the order in which it was done. */
  pending(): PendingChange[] {
    const pending: PendingChange[] = this.#changes.map(({ sequence, text, effects }) => {
      return { sequence, kind: 'name', file: null, directory: (effects.at(-1) as Effect).directory, text }
    })
    for (const [path, file] of this.#reachableFiles()) {
      for (const { sequence, kind, value } of file.changes()) {
        pending.push({ sequence, kind, file, directory: null, text: `${kind} ${value} of ${path}` })
      }
    }
    return pending.sort((a, b) => a.sequence - b.sequence)
  }

  /** The tree after a power cut; `survivors` says of each of `pending` whether the device has it. */
  image(pending: readonly PendingChange[], survivors: readonly boolean[]): DiskTree {
    const flags = new Map<MemoryInode, boolean[]>()
    const survivingNames = new Set<number>()
    pending.forEach(({ file, sequence }, i) => {
      const survives = survivors[i] === true
      if (file === null) {
        if (survives) survivingNames.add(sequence)
        return
      }
      const ofFile = flags.get(file)
      if (ofFile === undefined) flags.set(file, [survives])
      else ofFile.push(survives)
    })
    const names = this.#changes.filter(change => survivingNames.has(change.sequence))
    return this.#copy(names, (file, _path, sequence) => file.image(sequence, flags.get(file)))
  }

  /** The tree after a power cut that took every unsynced name and left the end of files to `keep`. */
  imageWithTails(keep: (path: string, unsyncedBytes: number) => number): DiskTree {
    return this.#copy([], (file, path, sequence) => file.imageWithTail(sequence, bytes => keep(path, bytes)))
  }

  /** Every file by its number, for those who know files by number only. */
  files(): Map<number, MemoryInode> {
    return new Map(this.#reachableFiles().map(([, file]) => [file.id, file]))
  }

  #copy(
    survivingNames: readonly NameChange[],
    copyFile: (file: MemoryInode, path: string, sequence: Sequence) => MemoryInode
  ): DiskTree {
    const next = new DiskTree(this.#fileCount, { next: this.sequence.next })
    const names = new Map<MemoryDirectory, Map<string, MemoryNode>>()
    for (const { effects } of survivingNames) {
      for (const effect of effects) {
        let entries = names.get(effect.directory)
        if (entries === undefined) names.set(effect.directory, (entries = new Map(effect.directory.durable)))
        // A rename whose forerunners were lost still leaves its file with one name only.
        for (const [name, node] of entries) if (node === effect.node) entries.delete(name)
        put(entries, effect)
      }
    }
    const fill = (from: MemoryDirectory, to: MemoryDirectory, path: string): void => {
      for (const [name, node] of names.get(from) ?? from.durable) {
        const child = `${path}/${name}`
        const isDirectory = node instanceof MemoryDirectory
        const copied = isDirectory ? new MemoryDirectory() : copyFile(node, child, next.sequence)
        if (isDirectory) fill(node, copied as MemoryDirectory, child)
        to.entries.set(name, copied)
        to.durable.set(name, copied)
      }
    }
    fill(this.root, next.root, '')
    return next
  }

  /** Files that have a name now, on the device, or in a change between the two. */
  #reachableFiles(): [path: string, file: MemoryInode][] {
    const files: [string, MemoryInode][] = []
    const seen = new Set<MemoryNode>()
    const visit = (path: string, node: MemoryNode | null): void => {
      if (node === null || seen.has(node)) return
      seen.add(node)
      if (node instanceof MemoryInode) files.push([path, node])
      else
        for (const names of [node.entries, node.durable])
          for (const [name, each] of names) visit(`${path}/${name}`, each)
    }
    visit('', this.root)
    for (const { text, effects } of this.#changes)
      for (const { node } of effects) visit(text.split(' ')[1] as string, node)
    return files
  }

  #change(text: string, effects: readonly Effect[]): void {
    for (const effect of effects) put(effect.directory.entries, effect)
    this.#changes.push({ sequence: this.sequence.next++, text, effects })
  }

  #parent(path: string, operation: string): { directory: MemoryDirectory; name: string } {
    const names = parts(path)
    const name = names.pop()
    if (name === undefined) throw failure('EISDIR', operation, path)
    return { directory: this.directory(`/${names.join('/')}`, operation), name }
  }
}

export function failure(code: string, operation: string, path: string): DiskError {
  return new DiskError({ code, operation, path })
}

function put(names: Map<string, MemoryNode>, { name, node }: Effect): void {
  if (node === null) names.delete(name)
  else names.set(name, node)
}

function parts(path: string): string[] {
  return path.split('/').filter(name => name !== '')
}
