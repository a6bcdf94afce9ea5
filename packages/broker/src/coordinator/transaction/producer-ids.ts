import { assert } from '@streambus/base'

export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}

/**
 * Hands out producer ids that never repeat, also not after a crash: the controller commits a whole block before any
 * id of it is used, and what was left of a block when the process ended is skipped.
 */
export class ProducerIds {
  readonly #allocateBlock: () => Promise<ProducerIdBlock>
  #next = 0
  #end = 0
  #pending: Promise<void> | null = null

  constructor(allocateBlock: () => Promise<ProducerIdBlock>) {
    this.#allocateBlock = allocateBlock
  }

  /** Rejects when the controller cannot commit a block. */
  async take(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#pending ??= this.#refill()
      await this.#pending
    }
    return this.#next++
  }

  async #refill(): Promise<void> {
    try {
      const { first, count } = await this.#allocateBlock()
      assert(first >= this.#end && count > 0, 'producer id blocks never overlap')
      this.#next = first
      this.#end = first + count
    } finally {
      this.#pending = null
    }
  }
}
