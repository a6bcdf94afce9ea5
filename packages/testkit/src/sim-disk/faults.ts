export type FaultyOperation = 'open' | 'write' | 'read' | 'sync' | 'truncate' | 'rename' | 'unlink' | 'syncDirectory'

export interface Fault {
  /** The operating system's code, such as ENOSPC or EIO. */
  readonly code: string
  /** Only a path that contains this text is hit. Default: every path. */
  readonly path?: string
  /** For `write`: this many bytes reach the file first, as on a nearly full disk. Default 0. */
  readonly shortBytes?: number
  /** For `read` and `write`: only an access that touches these bytes, `until` exclusive, is hit. Default: every one. */
  readonly range?: { readonly from: number; readonly until: number }
  /**
   * For `sync`: the pages that could not be written count as clean afterwards, as on Linux. Reads show them, a later
   * sync says OK, and a power cut reveals what was there before. Default false: they stay dirty.
   */
  readonly marksClean?: boolean
}

interface Armed {
  readonly operation: FaultyOperation
  readonly fault: Fault
  readonly isOnce: boolean
}

/** Which bytes an operation touches. */
export interface Touched {
  readonly from: number
  readonly until: number
}

/** The faults that wait for their operation. Those that strike once die with the process, bad sectors do not. */
export class Faults {
  #armed: Armed[] = []
  readonly #lies: { path: string }[] = []
  readonly #stalls: { path: string; waiting: (() => void)[] }[] = []

  /** Returns what takes the fault away again. */
  arm(operation: FaultyOperation, fault: Fault, isOnce: boolean): () => void {
    const armed = { operation, fault, isOnce }
    this.#armed.push(armed)
    return () => {
      this.#armed = this.#armed.filter(each => each !== armed)
    }
  }

  take(operation: FaultyOperation, path: string, touched?: Touched): Fault | null {
    const index = this.#armed.findIndex(
      armed => armed.operation === operation && path.includes(armed.fault.path ?? '') && overlaps(armed.fault, touched)
    )
    const armed = this.#armed[index]
    if (armed === undefined) return null
    if (armed.isOnce) this.#armed.splice(index, 1)
    return armed.fault
  }

  forgetOnce(): void {
    this.#armed = this.#armed.filter(armed => !armed.isOnce)
    for (const stall of this.#stalls) stall.waiting = []
  }

  lie(path: string): () => void {
    const lie = { path }
    this.#lies.push(lie)
    return () => remove(this.#lies, lie)
  }

  isLie(path: string): boolean {
    return this.#lies.some(lie => path.includes(lie.path))
  }

  /** Returns what ends the stall and the syncs that waited in it. */
  stall(path: string): () => void {
    const stall = { path, waiting: [] as (() => void)[] }
    this.#stalls.push(stall)
    return () => {
      remove(this.#stalls, stall)
      for (const finish of stall.waiting.splice(0)) finish()
    }
  }

  /** True when `finish` will be called at the end of a stall. */
  isStalled(path: string, finish: () => void): boolean {
    const stall = this.#stalls.find(each => path.includes(each.path))
    stall?.waiting.push(finish)
    return stall !== undefined
  }
}

function overlaps({ range }: Fault, touched: Touched | undefined): boolean {
  return range === undefined || touched === undefined || (touched.from < range.until && touched.until > range.from)
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item)
  if (index >= 0) list.splice(index, 1)
}
