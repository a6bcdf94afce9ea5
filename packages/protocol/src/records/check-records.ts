import { NONE } from './batch-header.ts'
import type { RecordError } from './batch-refused.ts'
import type { RecordCursor } from './record-cursor.ts'

export interface RecordRules {
  readonly recordCount: number
  readonly baseTimestamp: number
  readonly isKeyRequired: boolean
  /** Allowed timestamps besides NONE, both included. */
  readonly timestampMin: number
  readonly timestampMax: number
}

/** More than this many single records at fault are counted but not listed. */
const RECORD_ERRORS_MAX = 100

/**
 * Goes through all records of one batch and says what is wrong with them. Bytes that are not records end it with
 * MalformedRecords; a record that the topic does not take is noted and the walk goes on, so that the producer hears of
 * all.
 */
export class RecordCheck {
  /** The largest timestamp seen. */
  maxTimestamp: number = NONE
  readonly errors: RecordError[] = []
  errorCount = 0
  hasTimestampError = false
  readonly #rules: RecordRules

  constructor(rules: RecordRules) {
    this.#rules = rules
  }

  /** The cursor must stand at the first record and end with the last one. */
  run(cursor: RecordCursor): void {
    const { recordCount, baseTimestamp, isKeyRequired, timestampMin, timestampMax } = this.#rules
    let maxTimestamp = NONE
    for (let index = 0; index < recordCount; index++) {
      cursor.index = index
      const length = cursor.varint()
      const recordEnd = cursor.at + length
      if (length < 0 || recordEnd > cursor.end) cursor.fail(`length ${length} is beyond the end of the batch`)
      // No client sets any attribute, and what one would mean nobody knows.
      if (cursor.byte() !== 0) cursor.fail('its attributes are not 0')
      const timestamp = baseTimestamp + cursor.varlong()
      if (cursor.varint() !== index) cursor.fail('its offset delta is not its position in the batch')
      const keyBytes = cursor.varint()
      cursor.skip(keyBytes, recordEnd)
      cursor.skip(cursor.varint(), recordEnd)
      cursor.skipHeaders(cursor.varint(), recordEnd)
      if (cursor.at !== recordEnd) cursor.fail('its fields do not fill its length')
      if (keyBytes < 0 && isKeyRequired) this.#note(index, 'a compacted topic needs a key')
      if (timestamp > maxTimestamp) maxTimestamp = timestamp
      if ((timestamp > timestampMax || timestamp < timestampMin) && timestamp !== NONE)
        this.#noteTimestamp(index, timestamp)
    }
    cursor.index = NONE
    if (cursor.at !== cursor.end)
      cursor.fail(`${cursor.end - cursor.at} bytes follow the last of ${recordCount} records`)
    this.maxTimestamp = maxTimestamp
  }

  #note(index: number, message: string): void {
    this.errorCount++
    if (this.errors.length < RECORD_ERRORS_MAX) this.errors.push({ index, message })
  }

  #noteTimestamp(index: number, timestamp: number): void {
    const { timestampMin, timestampMax } = this.#rules
    this.hasTimestampError = true
    this.#note(index, `timestamp ${timestamp} is outside ${timestampMin} … ${timestampMax} (milliseconds since 1970)`)
  }
}
