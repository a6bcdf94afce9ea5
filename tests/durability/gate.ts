/** Lets producers run, or holds them while the rig reads everything back. */
export class Gate {
  #opened = Promise.withResolvers<void>()
  #isOpen = false

  get isOpen(): boolean {
    return this.#isOpen
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#opened.resolve()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#opened = Promise.withResolvers<void>()
  }

  async wait(): Promise<void> {
    await this.#opened.promise
  }
}

export async function pause(forMs: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, forMs))
}

/** Looks every 5 ms. Throws a sentence with `what` when it takes longer than `withinMs`. */
export async function until(what: string, withinMs: number, isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await pause(5)
  }
}
