import * as fc from 'fast-check'

/** Bytes with something for a compressor to find: repeats near and far, runs, and noise. */
export const anyInput: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant('noise'),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }),
        times: fc.constant(1)
      }),
      fc.record({
        kind: fc.constant('repeat'),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
        times: fc.nat(60)
      }),
      fc.record({ kind: fc.constant('run'), bytes: fc.uint8Array({ minLength: 1, maxLength: 1 }), times: fc.nat(5000) })
    ),
    { maxLength: 30 }
  )
  .map(parts =>
    Buffer.concat(parts.flatMap(({ bytes, times }) => Array.from({ length: times }, () => Buffer.from(bytes))))
  )

/** Several blocks of every framing, the same on each run. */
export function largeInput(bytes: number): Buffer {
  const lines: string[] = []
  let size = 0
  for (let i = 0; size < bytes; i++) {
    const line = JSON.stringify({ id: i, user: `user-${(i * 7919) % 1000}`, amount: Math.sin(i).toFixed(6) })
    lines.push(line)
    size += line.length + 1
  }
  return Buffer.from(lines.join('\n')).subarray(0, bytes)
}
