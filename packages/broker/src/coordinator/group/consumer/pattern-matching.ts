import { CoordinatorRefused } from '../../runtime/coordinator-refused.ts'
import type { PatternCompiler, TopicPattern } from './subscription-regex.ts'

/** Names matched in one turn of the event loop: each takes microseconds, the worst half a millisecond. */
const MATCHES_PER_TURN = 200
/** What a compilation counts for. */
const COMPILATION = 50

/** Finds what each of several patterns matches, in turns. */
export class PatternMatching {
  /** Of the topics that the names are from. */
  readonly version: number
  readonly #texts: readonly string[]
  readonly #names: readonly string[]
  readonly #compile: PatternCompiler
  readonly #found = new Map<string, string[]>()
  /** Being matched. */
  #pattern: TopicPattern | null = null
  #at = 0

  constructor(of: { texts: Iterable<string>; names: readonly string[]; version: number; compile: PatternCompiler }) {
    this.version = of.version
    this.#texts = [...of.texts]
    this.#names = of.names
    this.#compile = of.compile
  }

  /** By pattern, the names that match, in order; complete when `advance` has said so. */
  get found(): ReadonlyMap<string, readonly string[]> {
    return this.#found
  }

  /** Works for one turn. True when all is done. */
  advance(): boolean {
    let left = MATCHES_PER_TURN
    while (this.#pattern !== null || this.#found.size < this.#texts.length) {
      if (left <= 0) return false
      if (this.#pattern === null) left -= this.#begin()
      else left -= this.#match(this.#pattern, left)
    }
    return true
  }

  #begin(): number {
    const text = this.#texts[this.#found.size] as string
    this.#found.set(text, [])
    this.#at = 0
    try {
      this.#pattern = this.#compile(text)
    } catch (error) {
      // It was accepted once, by another version of the syntax: it matches nothing.
      if (!(error instanceof CoordinatorRefused)) throw error
    }
    return COMPILATION
  }

  #match(pattern: TopicPattern, most: number): number {
    const names = this.#names.slice(this.#at, this.#at + most)
    const found = this.#found.get(pattern.text)
    for (const name of names) if (pattern.matches(name)) found?.push(name)
    this.#at += names.length
    if (this.#at >= this.#names.length) {
      found?.sort()
      this.#pattern = null
    }
    return Math.max(1, names.length)
  }
}
