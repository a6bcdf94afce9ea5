import type { Counts } from './counts.ts'
import type { DiskTally } from './disk-tally.ts'
import { expectAdmin } from './expect-admin.ts'
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
  /** Requests to the admin port by method, path and status, before the page of metrics that is looked at. */
  readonly admin: Counts
  /** Syncs of data files, where the disk counts them. Default: null, not compared. */
  readonly syncs?: number | null
}

/** All that these tallies know exactly of a broker's metrics. */
export function expectations({ wire, disk, admin, syncs = null }: Tally): readonly Expectation[] {
  const expected = new Expectations()
  const partitions = disk.read()
  expectTraffic(expected, wire)
  expectRequests(expected, wire)
  expectTopics(expected, wire, partitions)
  expectGroups(expected, wire)
  expectDisk(expected, wire, { partitions, gone: disk.gone, syncs })
  expectAdmin(expected, admin)
  expectUntouched(expected)
  return expected.all
}
