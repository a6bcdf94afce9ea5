import { assert } from '@streambus/base'
import type { AnyHandler } from './handler.ts'

const API_KEY_MAX = 127

export interface AdvertisedRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** The explicit list of what this broker answers. ApiVersions reads from here and nowhere else, so it cannot lie. */
export class HandlerRegistry {
  readonly #byKey: (AnyHandler | undefined)[] = Array.from({ length: API_KEY_MAX + 1 })

  constructor(handlers: readonly AnyHandler[]) {
    for (const handler of handlers) {
      const { key, name, versions } = handler.api
      assert(key >= 0 && key <= API_KEY_MAX, `${name}: API key ${key} is outside 0…${API_KEY_MAX}`)
      assert(this.#byKey[key] === undefined, `${name}: API key ${key} is registered twice`)
      assert(versions.min <= versions.max, `${name}: empty version range`)
      this.#byKey[key] = handler
    }
  }

  find(apiKey: number): AnyHandler | undefined {
    return this.#byKey[apiKey]
  }

  apis(): readonly AnyHandler['api'][] {
    return this.#byKey.flatMap(handler => (handler === undefined ? [] : [handler.api]))
  }

  /** Advertised ranges in key order. */
  ranges(): readonly AdvertisedRange[] {
    return this.#byKey.flatMap(handler => {
      if (handler === undefined) return []
      const { key, versions } = handler.api
      return [{ apiKey: key, minVersion: versions.min, maxVersion: versions.max }]
    })
  }
}
