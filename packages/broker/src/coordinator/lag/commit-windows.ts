import type { GroupPartition } from '../group/offsets/offset-listener.ts'
import type { CommitSample } from './burrow.ts'
import { COMMIT_WINDOW_DEFAULTS, CommitWindow, type CommitWindowOptions } from './commit-window.ts'

export interface CommitWindowsOptions {
  /** Pairs of group and partition. */
  readonly windowsMax: number
  readonly window?: CommitWindowOptions
}

/**
 * The windows of all groups. When there is no room, pairs that are new get none: one that goes by age would be that of
 * a group which has stopped committing, and that is the one to be told of.
 */
export class CommitWindows {
  readonly #max: number
  readonly #options: CommitWindowOptions
  readonly #groups = new Map<string, Map<string, CommitWindow>>()
  #count = 0

  constructor({ windowsMax, window = COMMIT_WINDOW_DEFAULTS }: CommitWindowsOptions) {
    this.#max = windowsMax
    this.#options = window
  }

  get windowCount(): number {
    return this.#count
  }

  /** To be told of every commit, in order. False: there is no room for this pair. */
  add(of: GroupPartition, commit: CommitSample): boolean {
    const window = this.find(of) ?? this.#create(of)
    window?.add(commit)
    return window !== null
  }

  find({ group, topic, partition }: GroupPartition): CommitWindow | null {
    return this.#groups.get(group)?.get(keyOf(topic, partition)) ?? null
  }

  /** The offset was deleted or has expired. */
  forget({ group, topic, partition }: GroupPartition): void {
    const windows = this.#groups.get(group)
    if (windows?.delete(keyOf(topic, partition)) !== true) return
    this.#count--
    if (windows.size === 0) this.#groups.delete(group)
  }

  /** The group was deleted, or is coordinated elsewhere. */
  forgetGroup(group: string): void {
    this.#count -= this.#groups.get(group)?.size ?? 0
    this.#groups.delete(group)
  }

  #create({ group, topic, partition }: GroupPartition): CommitWindow | null {
    if (this.#count >= this.#max) return null
    const windows = this.#groups.get(group) ?? new Map<string, CommitWindow>()
    const window = new CommitWindow(this.#options)
    this.#groups.set(group, windows.set(keyOf(topic, partition), window))
    this.#count++
    return window
  }
}

/** No topic has a colon in its name. */
function keyOf(topic: string, partition: number): string {
  return `${topic}:${partition}`
}
