import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../../..')
const SOURCES = path.join(ROOT, 'packages/broker/src')
/** `event` means something else in there: what happens to a member of a group. */
const NOT_LOGGED = /coordinator\//

function eventsOfSources(): string[] {
  const files = fs.readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  const texts = files
    .filter(file => file.endsWith('.ts') && !NOT_LOGGED.test(file))
    .map(file => fs.readFileSync(path.join(SOURCES, file), 'utf8'))
  const names = texts.flatMap(text =>
    [...text.matchAll(/event: ['`]([a-z_]+|member_\$\{kind\})['`]/g)].map(m => m[1] ?? '')
  )
  const probe = fs.readFileSync(path.join(SOURCES, 'coordinator/group/group-probe.ts'), 'utf8')
  const kinds = [...(/type MemberEvent = (.*)/.exec(probe)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(m => m[1])
  expect(kinds.length).toBeGreaterThan(0)
  return names.flatMap(name => (name.startsWith('member_$') ? kinds.map(kind => `member_${kind}`) : [name]))
}

test('the guide lists every event that is logged, and no other', () => {
  const guide = fs.readFileSync(path.join(ROOT, 'docs/MONITORING.md'), 'utf8')
  const [, table = ''] = /### Events\n([\s\S]*?)\n---\n/.exec(guide) ?? []
  const listed = table
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...(line.split('|')[1] ?? '').matchAll(/`([a-z_]+)`/g)].map(match => match[1] ?? ''))
    .filter(name => name !== 'event')
  expect(new Set(listed).size).toBe(listed.length)
  expect([...listed].sort()).toEqual([...new Set(eventsOfSources())].sort())
})
