import type { Patterns } from './regex-refresh.ts'
import { loadPatternCompiler, type PatternCompiler } from './subscription-regex.ts'

/** The compiler of patterns, loaded once it is needed: most brokers never do. */
export class LazyPatterns implements Patterns {
  #compile: PatternCompiler | null = null
  #loading: Promise<PatternCompiler> | null = null

  get compile(): PatternCompiler | null {
    return this.#compile
  }

  async load(): Promise<PatternCompiler> {
    this.#loading ??= loadPatternCompiler()
    return (this.#compile = await this.#loading)
  }
}
