/** A span of an OTLP export, as far as the tests look at it. Ids are lower-case hexadecimal. */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty: it is a root. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, string | number>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** 2: an error. */
  readonly status: number
}

export interface OtlpTraces {
  readonly resource: Readonly<Record<string, string | number>>
  readonly spans: readonly OtlpSpan[]
}

/**
 * Reads an ExportTraceServiceRequest from its protobuf, by the field numbers of opentelemetry-proto 1.x
 * (collector/trace/v1, trace/v1, common/v1). One resource, as our broker sends it.
 */
export function readTraces(bytes: Buffer): OtlpTraces {
  const resourceSpans = parse(message(parse(bytes), 1))
  const scopeSpans = messages(resourceSpans, 2).map(parse)
  return {
    resource: attributesOf(parse(message(resourceSpans, 1)), 1),
    spans: scopeSpans.flatMap(scope => messages(scope, 2).map(readSpan))
  }
}

function readSpan(bytes: Buffer): OtlpSpan {
  const span = parse(bytes)
  const links = messages(span, 13).map(parse)
  const [status] = messages(span, 15).map(parse)
  return {
    traceId: message(span, 1).toString('hex'),
    spanId: message(span, 2).toString('hex'),
    parentSpanId: messages(span, 4)[0]?.toString('hex') ?? '',
    name: message(span, 5).toString(),
    kind: Number(span.get(6)?.[0] ?? 0),
    startNs: span.get(7)?.[0] as bigint,
    endNs: span.get(8)?.[0] as bigint,
    attributes: attributesOf(span, 9),
    links: links.map(link => ({
      traceId: message(link, 1).toString('hex'),
      spanId: message(link, 2).toString('hex')
    })),
    status: Number(status?.get(3)?.[0] ?? 0)
  }
}

type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>

function attributesOf(fields: Fields, number: number): Record<string, string | number> {
  const pairs = messages(fields, number).map(bytes => {
    const pair = parse(bytes)
    const value = parse(message(pair, 2))
    const [text] = messages(value, 1)
    const double = value.get(4)?.[0] as bigint | undefined
    const whole = Number(BigInt.asIntN(64, (value.get(3)?.[0] as bigint | undefined) ?? 0n))
    const number = double === undefined ? whole : new Float64Array(new BigUint64Array([double]).buffer)[0]
    return [message(pair, 1).toString(), text?.toString() ?? number]
  })
  return Object.fromEntries(pairs) as Record<string, string | number>
}

function messages(fields: Fields, number: number): readonly Buffer[] {
  return (fields.get(number) ?? []).filter(value => typeof value !== 'bigint')
}

function message(fields: Fields, number: number): Buffer {
  return messages(fields, number)[0] ?? Buffer.alloc(0)
}

function parse(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const cut = (length: number): Buffer => bytes.subarray(at, (at += length))
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = (): bigint | Buffer => {
      if ((tag & 7) === 0) return varint()
      if ((tag & 7) === 1) return cut(8).readBigUInt64LE()
      if ((tag & 7) === 5) return BigInt(cut(4).readUInt32LE())
      if ((tag & 7) === 2) return cut(Number(varint()))
      throw new Error(`wire type ${tag & 7} at ${at}`)
    }
    const known = fields.get(tag >> 3)
    if (known === undefined) fields.set(tag >> 3, [value()])
    else known.push(value())
  }
  return fields
}
