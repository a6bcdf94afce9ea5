import type { Disk, DiskFile } from '@streambus/base'

/** A disk that counts the syncs of data files which have ended well. Nothing else of it changes. */
export class CountingDisk {
  syncs = 0
  readonly disk: Disk

  constructor(disk: Disk) {
    this.disk = {
      open: (path, options) => this.#counted(disk.open(path, options)),
      exists: path => disk.exists(path),
      sizeOf: path => disk.sizeOf(path),
      list: directory => disk.list(directory),
      makeDirectory: path => disk.makeDirectory(path),
      rename: (from, to) => disk.rename(from, to),
      unlink: path => disk.unlink(path),
      removeDirectory: path => disk.removeDirectory(path),
      syncDirectory: path => disk.syncDirectory(path),
      space: directory => disk.space(directory),
      lock: path => disk.lock(path)
    }
  }

  #counted(file: DiskFile): DiskFile {
    if (!file.path.endsWith('.log')) return file
    return {
      path: file.path,
      write: (parts, position) => file.write(parts, position),
      read: (target, position) => file.read(target, position),
      sync: done =>
        file.sync(error => {
          if (error === null) this.syncs++
          done(error)
        }),
      syncNow: () => file.syncNow(),
      truncate: sizeBytes => file.truncate(sizeBytes),
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close()
    }
  }
}
