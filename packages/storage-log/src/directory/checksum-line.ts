import { crc32c } from '@streambus/base'

const PREFIX = '# crc32c '
const LINE = /^# crc32c ([0-9a-f]{8})\n$/
const LINE_BYTES = PREFIX.length + 9

/**
 * Small text files end with a line `# crc32c <8 hex digits>` over every byte before it: their numbers decide what is
 * deleted, cut or called clean, and a flipped bit makes one number into another. Kafka's tools refuse the extra line;
 * none of them is ever pointed at these files.
 */
export function withChecksumLine(text: string): string {
  const crc = crc32c(Buffer.from(text)).toString(16).padStart(8, '0')
  return `${text}${PREFIX}${crc}\n`
}

/**
 * The bytes before the line; `problem` is null when the line is there and right. A file without the line is not
 * believed either: a flipped bit may have made the line into something else.
 */
export function splitChecksumLine(bytes: Buffer): {
  readonly text: string
  readonly problem: string | null
  readonly hasLine: boolean
} {
  const at = bytes.length - LINE_BYTES
  const line = LINE.exec(bytes.toString('latin1', Math.max(0, at)))
  if (line === null) {
    const problem = `it does not end with a line "${PREFIX}<8 hex digits>": damaged, or written by another version`
    return { text: bytes.toString('utf8'), problem, hasLine: false }
  }
  const crc = crc32c(bytes.subarray(0, at)).toString(16).padStart(8, '0')
  const problem = crc === line[1] ? null : `its CRC-32C is ${crc}, its last line says ${line[1]}: it is damaged`
  return { text: bytes.toString('utf8', 0, at), problem, hasLine: true }
}
