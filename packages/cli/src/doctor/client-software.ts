/** A library that speaks Kafka, told from what a client says it is (KIP-511). */
export interface ClientSoftware {
  /** The library underneath: bindings of librdkafka are librdkafka. */
  readonly library: string
  readonly version: Version
}

export type Version = readonly [major: number, minor: number, patch: number]

const VERSION = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/
/** Bindings put the library behind their own version: 2.2.0-rdkafka-2.2.0, 1.4.0-librdkafka-2.11.0. */
const UNDERNEATH = /-(?:lib)?rdkafka-v?(\d.*)$/
/** Confluent numbers its builds of the Java client by its platform: 7.5.0-ccs is 3.5. */
const CONFLUENT_BUILD = /-(?:ccs|ce)$/

/** Null when the version cannot be told. */
export function softwareOf(name: string, version: string): ClientSoftware | null {
  const underneath = UNDERNEATH.exec(version)?.[1]
  if (underneath !== undefined) return software('librdkafka', underneath)
  return CONFLUENT_BUILD.test(version) ? null : software(name.toLowerCase(), version)
}

function software(library: string, text: string): ClientSoftware | null {
  const version = parseVersion(text)
  return version === null ? null : { library, version }
}

export function parseVersion(text: string): Version | null {
  const match = VERSION.exec(text)
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}

/** Negative, 0 or positive, as for sorting. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}
