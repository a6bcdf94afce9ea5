import type { DiskTally } from './disk-tally.ts'
import { expectDisk } from './expect-disk.ts'
import { expectGroups } from './expect-groups.ts'
import { expectRequests } from './expect-requests.ts'
import { expectTopics } from './expect-topics.ts'
import { expectTraffic } from './expect-traffic.ts'
import { expectUntouched } from './expect-untouched.ts'
import { type Expectation, Expectations } from './expectation.ts'
import type { WireTally } from './wire-tally.ts'

/** What is known of a broker from outside, from its first byte on; asked for when every connection is closed. */
export interface Tally {
  readonly wire: WireTally
  readonly disk: DiskTally
}

/** All that these tallies know exactly of a broker's metrics. */
export function expectations({ wire, disk }: Tally): readonly Expectation[] {
  const expected = new Expectations()
  const partitions = disk.read()
  expectTraffic(expected, wire)
  expectRequests(expected, wire)
  expectTopics(expected, wire, partitions)
  expectGroups(expected, wire)
  expectDisk(expected, wire, { partitions, gone: disk.gone })
  expectUntouched(expected)
  return expected.all
}
