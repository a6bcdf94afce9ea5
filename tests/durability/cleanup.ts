/**
 * What must be undone, whatever happens: processes, mounts, directories. Undone in reverse order, at the end of a rig,
 * after a failure and on a signal; each only once.
 */
export class Cleanup {
  readonly #steps = new Map<symbol, { readonly what: string; readonly undo: () => void | Promise<void> }>()
  readonly #onSignal = (): void => void this.#interrupted()

  constructor() {
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
  }

  /** Returns the step run early. */
  add(what: string, undo: () => void | Promise<void>): () => Promise<void> {
    const key = Symbol(what)
    this.#steps.set(key, { what, undo })
    return () => this.#undo(key)
  }

  /** Never throws: says what could not be undone, and goes on with the rest. */
  async run(): Promise<void> {
    for (const key of [...this.#steps.keys()].reverse()) await this.#undo(key)
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
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

  async #interrupted(): Promise<void> {
    await this.run()
    process.exit(130)
  }
}
