import { expect, it } from 'vitest'
import { formatAddress, parseBootstrap } from '../src/address.ts'

it('reads hosts, ports, lists and IPv6', () => {
  expect(parseBootstrap('a:1, b ,[::1]:3')).toEqual([
    { host: 'a', port: 1 },
    { host: 'b', port: 9092 },
    { host: '::1', port: 3 }
  ])
  expect(formatAddress({ host: '::1', port: 3 })).toBe('[::1]:3')
})

it.each(['', ' , ', 'a:0', 'a:65536', 'a:b', 'http://a:9092', '::1:9092', 'a b'])('refuses %j', text => {
  expect(() => parseBootstrap(text)).toThrow(TypeError)
})
