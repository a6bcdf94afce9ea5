import { apis, decodeResponse, encodeResponseFrame, type Input, type ProduceResponse } from '@streambus/protocol'
import { expect, expectTypeOf, test } from 'vitest'

test('decoded types have every field, inputs may leave out what has a fallback', () => {
  expectTypeOf<ProduceResponse['throttleTimeMs']>().toEqualTypeOf<number>()
  type Partition = ProduceResponse['responses'][number]['partitionResponses'][number]
  expectTypeOf<Partition['errorMessage']>().toEqualTypeOf<string | null>()
  expectTypeOf<Partition['currentLeader']['leaderId']>().toEqualTypeOf<number>()

  const input: Input<ProduceResponse> = {
    responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 5 }] }]
  }
  // @ts-expect-error baseOffset has no fallback
  const incomplete: Input<Partition> = { index: 0, errorCode: 0 }
  // @ts-expect-error null only where the table allows it
  const nulled: Input<Partition> = { index: 0, errorCode: null, baseOffset: 1 }
  const whole: ProduceResponse = decodeResponse(
    apis.produce,
    9,
    Buffer.concat(encodeResponseFrame({ api: apis.produce, version: 9, correlationId: -4, body: input })).subarray(4)
  ).body
  const again: Input<ProduceResponse> = whole
  expect([incomplete, nulled, again]).toHaveLength(3)
  expect(whole.responses[0]?.partitionResponses[0]).toEqual({
    index: 0,
    errorCode: 0,
    baseOffset: 5,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 }
  })
})
