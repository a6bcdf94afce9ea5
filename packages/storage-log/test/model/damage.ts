import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { EPOCH_CHECKPOINT, parseLogFileName } from '../../src/file-names.ts'
import { DIRECTORY } from '../helpers.ts'
import type { Damage } from './step.ts'

/** Spoils files that the log can do without, for good. True when the epochs are among them. */
export function damage(disk: MemoryDisk, damages: readonly Damage[]): boolean {
  let isEpochLost = false
  for (const each of damages) {
    const names = disk.list(DIRECTORY).map(({ name }) => name)
    const wanted = names.filter(name =>
      each.kind === 'epochs' ? name === EPOCH_CHECKPOINT : parseLogFileName(name)?.kind === each.kind
    )
    const name = wanted[each.which % Math.max(1, wanted.length)]
    if (name === undefined) continue
    if (each.kind === 'epochs') isEpochLost = true
    spoil(disk, `${DIRECTORY}/${name}`, each)
  }
  disk.syncDirectory(DIRECTORY)
  return isEpochLost
}

function spoil(disk: MemoryDisk, path: string, { how, at, kind }: Damage): void {
  if (how === 'delete') disk.unlink(path)
  else {
    const file = disk.open(path)
    const sizeBytes = file.sizeBytes()
    const position = at % Math.max(1, sizeBytes)
    // A changed digit in a text without a checksum is another epoch: only losses of it are noticed.
    if (sizeBytes === 0) file.close()
    else if (how === 'cut' || kind === 'epochs') file.truncate(position)
    else if (how === 'zero') file.write([Buffer.alloc(Math.min(40, sizeBytes - position))], position)
    else disk.flipBit(path, position, at % 8)
    if (sizeBytes > 0) {
      file.syncNow()
      file.close()
    }
  }
}
