import type { Stage } from './stage.ts'

/** Something that happens to a broker, and is seen on some panel. */
export interface Scene {
  readonly name: string
  /** Why it cannot play here, in a sentence; null when it can. */
  readonly whyNot?: (stage: Stage) => string | null
  run(stage: Stage): Promise<void>
}
