import { assert } from '@streambus/base'

/**
 * Bytes that requests under way may hold, over all connections. Nothing is taken for what a length field announces,
 * only for what has to be stored next; who gets nothing waits in line and stops reading its socket.
 */
export class MemoryBudget {
  readonly #bytesMax: number
  readonly #waiting: (() => void)[] = []
  #usedBytes = 0

  constructor(bytesMax: number) {
    assert(bytesMax > 0, 'a budget allows something')
    this.#bytesMax = bytesMax
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get isContended(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * False when it does not fit now. `heldBytes` is what the caller holds already: whoever holds everything may grow
   * past the budget, or a single request above it could never end.
   */
  tryTake(bytes: number, heldBytes = 0): boolean {
    if (this.#usedBytes > heldBytes && this.#usedBytes + bytes > this.#bytesMax) return false
    this.#usedBytes += bytes
    return true
  }

  /** For bytes that are here already and cannot be refused; whoever asks next finds the budget spent. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    assert(this.#usedBytes >= 0, 'no more is given back than was taken')
    if (bytes === 0) return
    // Everyone in line tries again once; whoever is refused again gets in line again, behind.
    const waiting = this.#waiting.splice(0)
    for (const retry of waiting) retry()
  }

  /** `retry` runs once, after something was given back. */
  wait(retry: () => void): void {
    this.#waiting.push(retry)
  }
}
