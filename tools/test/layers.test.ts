import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { layerViolations, unusedArrows } from '../layers.ts'
import { parseSource, readSources } from '../source.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function violations(file: string, code: string): string[] {
  return layerViolations([parseSource(file, code)])
}

const sources = readSources(root)

test('the repository keeps to its layers', () => {
  expect(layerViolations(sources)).toEqual([])
})

test('no arrow is allowed that nobody uses', () => {
  expect(unusedArrows(sources)).toEqual([])
})

describe('arrows between packages', () => {
  test('an upward import is named with both ends and what is allowed', () => {
    expect(violations('packages/protocol/src/a.ts', "import { x } from '@streambus/storage-log'")).toEqual([
      "packages/protocol/src/a.ts:1 protocol → storage-log is not allowed; 'protocol' may import base"
    ])
  })

  test('a type import, a re-export and a dynamic import are imports', () => {
    for (const code of [
      "import type { X } from '@streambus/broker'",
      "export * from '@streambus/broker'",
      "export const load = () => import('@streambus/broker')"
    ]) {
      expect(violations('packages/base/src/a.ts', code), code).toHaveLength(1)
    }
  })

  test('an entry point is allowed on its own', () => {
    const file = 'packages/storage-log/src/a.ts'
    expect(violations(file, "import { x } from '@streambus/protocol/records'")).toEqual([])
    expect(violations(file, "import { x } from '@streambus/protocol'")).toHaveLength(1)
  })

  test('a package without a row, a path into another package, and its own name are refused', () => {
    expect(violations('packages/new/src/a.ts', "import { x } from '@streambus/base'")).toHaveLength(1)
    expect(violations('packages/cli/src/a.ts', "import { x } from '../../base/src/disk.ts'")).toHaveLength(1)
    expect(violations('packages/base/src/a.ts', "import { x } from '@streambus/base'")).toHaveLength(1)
  })

  test('the tests of a package may use what the package may not', () => {
    expect(violations('packages/broker/test/a.test.ts', "import { x } from '@streambus/testkit'")).toEqual([])
    expect(violations('packages/broker/src/a.ts', "import { x } from '@streambus/testkit'")).toHaveLength(1)
  })
})

describe('arrows inside the broker', () => {
  test('partitions know batches, not requests', () => {
    expect(violations('packages/broker/src/partition/a.ts', "import { x } from '@streambus/protocol'")).toHaveLength(1)
    expect(violations('packages/broker/src/partition/a.ts', "import { x } from '../handlers/h.ts'")).toHaveLength(1)
  })

  test('handlers never see sockets, also from a folder further down', () => {
    expect(violations('packages/broker/src/handlers/a.ts', "import { x } from '../net/listener.ts'")).toHaveLength(1)
    expect(violations('packages/broker/src/handlers/deep/a.ts', "import { x } from '../../net/a.ts'")).toHaveLength(1)
  })

  test('nothing below imports the composition root, which imports everything', () => {
    expect(violations('packages/broker/src/net/a.ts', "import { x } from '../broker.ts'")).toHaveLength(1)
    expect(violations('packages/broker/src/broker.ts', "import { x } from './net/listener.ts'")).toEqual([])
  })
})

describe('the world', () => {
  test('files, sockets, timers, time and chance are parameters', () => {
    const file = 'packages/storage-log/src/a.ts'
    for (const code of [
      "import fs from 'node:fs'",
      "import fs from 'fs'",
      "import net from 'node:net'",
      'setTimeout(() => 1, 2)',
      'const now = Date.now()',
      'const now = new Date()',
      'const x = Math.random()'
    ]) {
      expect(violations(file, code), code).toHaveLength(1)
      expect(violations('packages/base/src/node/a.ts', code), code).toEqual([])
    }
  })

  test('a method with the same name is not a global, nor is a mention in a comment', () => {
    expect(
      violations('packages/storage-log/src/a.ts', '// Date.now()\nclock.now(); this.setTimeout(3); new Date(0)')
    ).toEqual([])
  })

  test('inside the broker only the composition root picks the real clock', () => {
    const code = "import { nodeClock } from '@streambus/base/node'"
    expect(violations('packages/broker/src/net/a.ts', code)).toHaveLength(1)
    expect(violations('packages/broker/src/broker.ts', code)).toEqual([])
  })

  test('a library has one importer', () => {
    expect(violations('packages/broker/src/admin/a.ts', "import p from 'prom-client'")).toHaveLength(1)
    expect(violations('packages/metrics/test/a.ts', "import p from 'prom-client/lib/registry.js'")).toEqual([])
  })
})

test('an allowed arrow that nobody uses is reported', () => {
  const one = [parseSource('packages/metrics/src/a.ts', "import { x } from '@streambus/base'")]
  const unused = unusedArrows(one)
  expect(unused).not.toContain('MAY_IMPORT: metrics → base')
  expect(unused).toContain('MAY_IMPORT: protocol → base')
})
