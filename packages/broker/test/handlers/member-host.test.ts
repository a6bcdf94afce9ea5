import { expect, test } from 'vitest'
import { memberHost } from '../../src/handlers/member-host.ts'

test.each([
  ['127.0.0.1', '/127.0.0.1'],
  ['::ffff:10.0.0.9', '/10.0.0.9'],
  ['::1', '/::1'],
  ['fe80::1%eth0', '/fe80::1%eth0']
])('the address of %s is told as %s', (clientHost, told) => {
  expect(memberHost(clientHost)).toBe(told)
})
