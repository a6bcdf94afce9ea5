import { expect, test } from 'vitest'
import { environmentOf } from '../src/spawn-broker.ts'

test('settings become environment variables', () => {
  expect(environmentOf({ 'log.retention.ms': '5', 'num.partitions': '4' })).toEqual({
    STREAMBUS_LOG_RETENTION_MS: '5',
    STREAMBUS_NUM_PARTITIONS: '4'
  })
})
