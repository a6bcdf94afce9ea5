/**
 * Codecs in the order of their numbers in a batch's attributes (0–4). `none` is what topic configs call
 * `uncompressed`.
 */
export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type CodecName = (typeof CODEC_NAMES)[number]

/** Undefined for a number that no codec has. */
export function codecName(id: number): CodecName | undefined {
  return CODEC_NAMES[id]
}

export function codecId(name: CodecName): number {
  return CODEC_NAMES.indexOf(name)
}
