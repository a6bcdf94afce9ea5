import type { DiskTree } from './tree.ts'

/** One change of a disk. Files go by number, because a file outlives its name. */
export type DiskOperation =
  | {
      readonly kind: 'create' | 'unlink' | 'makeDirectory' | 'removeDirectory' | 'syncDirectory'
      readonly path: string
    }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | {
      readonly kind: 'write'
      readonly path: string
      readonly file: number
      readonly position: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'truncate'; readonly path: string; readonly file: number; readonly sizeBytes: number }
  | { readonly kind: 'syncBegin'; readonly path: string; readonly file: number; readonly sync: number }
  | { readonly kind: 'syncEnd'; readonly path: string; readonly sync: number; readonly outcome: SyncOutcome }

/** `lost`: the sync failed and its pages count as clean. `nothing`: it failed or lied and they stay dirty. */
export type SyncOutcome = 'durable' | 'lost' | 'nothing'

/** What happened to a disk, as one list, with marks between the operations that say what was promised by then. */
export class DiskTrace<Mark = unknown> {
  readonly operations: DiskOperation[] = []
  readonly #marks: { at: number; mark: Mark }[] = []
  readonly #base: DiskTree

  /** `base` is copied; nothing may be pending in it. */
  constructor(base: DiskTree) {
    this.#base = base.image([], [])
  }

  add(operation: DiskOperation): void {
    this.operations.push(operation)
  }

  /** From here on, until the next mark. Several at one place: the last one counts. */
  mark(mark: Mark): void {
    this.#marks.push({ at: this.operations.length, mark })
  }

  /** The last mark that was set when the first `at` operations were done, and after how many; null without one. */
  markAt(at: number): { readonly at: number; readonly mark: Mark } | null {
    return this.#marks.findLast(each => each.at <= at) ?? null
  }

  /** A disk as it was when the recording began. */
  baseTree(): DiskTree {
    return this.#base.image([], [])
  }
}
