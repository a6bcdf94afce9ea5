/**
 * What must be undone, whatever happens: processes, mounts, directories. Undone in reverse order, at the end of a rig,
 * after a failure and on a signal; each only once.
 */
export class Cleanup {
  readonly #steps = new Map<symbol, { readonly what: string; readonly undo: () => void | Promise<void> }>()
  #running: Promise<void> | null = null
  #isInterrupted = false

  /** Returns the step, to be run early. After a signal it undoes at once and throws: the rig is over. */
  add(what: string, undo: () => void | Promise<void>): () => Promise<void> {
    if (this.#isInterrupted) {
      void undo()
      this.throwIfOver()
    }
    const key = Symbol(what)
    this.#steps.set(key, { what, undo })
    return () => this.#undo(key)
  }

  get isOver(): boolean {
    return this.#isInterrupted
  }

  /** To be asked before something is begun that takes long and cannot be undone meanwhile. */
  throwIfOver(): void {
    if (this.#isInterrupted) throw new Error('interrupted')
  }

  /** Ends the process with 130 on SIGINT and SIGTERM, after everything was undone. Returns how to stop listening. */
  onSignals(): () => void {
    const onSignal = (): void => {
      this.#isInterrupted = true
      void this.#runOnce().then(() => process.exit(130))
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    return () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    }
  }

  /** Never throws: says what could not be undone, and goes on. After a signal it does not return either. */
  async run(): Promise<void> {
    await this.#runOnce()
    if (this.#isInterrupted) await new Promise<never>(() => undefined)
  }

  #runOnce(): Promise<void> {
    this.#running ??= this.#undoAll()
    return this.#running
  }

  async #undoAll(): Promise<void> {
    // What is added meanwhile, by a rig that does not know yet that it is over, is undone too.
    for (let key = this.#last(); key !== undefined; key = this.#last()) await this.#undo(key)
  }

  #last(): symbol | undefined {
    return [...this.#steps.keys()].at(-1)
  }

  async #undo(key: symbol): Promise<void> {
    const step = this.#steps.get(key)
    if (step === undefined) return
    this.#steps.delete(key)
    try {
      await step.undo()
    } catch (error) {
      console.error(`clean-up: ${step.what}: ${(error as Error).message}`)
    }
  }
}
