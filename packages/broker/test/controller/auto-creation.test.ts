import { expect, test } from 'vitest'
import { AutoCreation } from '../../src/controller/auto-creation.ts'
import type { CreatedTopic } from '../../src/controller/controller.ts'

/** Creations that end when the test says so. */
function openCreation(options: { readonly exists?: (name: string) => boolean } = {}) {
  const commands: { readonly names: readonly string[]; readonly end: (errorCode: number) => void }[] = []
  const creation = new AutoCreation({
    exists: options.exists ?? (() => false),
    monotonicMs: () => 0,
    create: topics => {
      const { promise, resolve } = Promise.withResolvers<readonly CreatedTopic[]>()
      const end = (errorCode: number): void => resolve(topics.map(() => ({ errorCode, errorMessage: '' })))
      commands.push({ names: topics.map(({ name }) => name), end })
      return promise
    }
  })
  return { creation, commands }
}

test('a name that is being created is waited for, not created again', async () => {
  const { creation, commands } = openCreation()
  const first = creation.ensure(['a', 'b'])
  const second = creation.ensure(['b', 'c', 'c'])
  expect(commands.map(({ names }) => names)).toEqual([['a', 'b'], ['c']])
  commands[1]?.end(0)
  await Promise.resolve()
  commands[0]?.end(37)
  expect([...(await first)]).toEqual([
    ['a', 37],
    ['b', 37]
  ])
  expect([...(await second)]).toEqual([['b', 37]])
})

test('once it has ended, the next wish is a new creation', async () => {
  const { creation, commands } = openCreation()
  const first = creation.ensure(['a'])
  commands[0]?.end(37)
  await first
  const second = creation.ensure(['a'])
  expect(commands).toHaveLength(2)
  commands[1]?.end(36)
  // Somebody else was faster: it exists, which is all that was wished for.
  expect((await second).size).toBe(0)
})

test('nothing is created for names that exist or that no topic can have', async () => {
  const { creation, commands } = openCreation({ exists: name => name === 'here' })
  expect([...(await creation.ensure(['here', 'a/b', '', '__cluster_metadata']))]).toEqual([
    ['a/b', 17],
    ['', 17],
    ['__cluster_metadata', 17]
  ])
  expect(commands).toEqual([])
})

test('a creation that fails fails everybody who waits for it, and nobody else', async () => {
  let isBroken = true
  const creation = new AutoCreation({
    exists: () => false,
    monotonicMs: () => 0,
    create: async topics => {
      if (isBroken) throw new Error('the log is gone')
      return topics.map(() => ({ errorCode: 37, errorMessage: '' }))
    }
  })
  const [first, second] = [creation.ensure(['a', 'b']), creation.ensure(['b'])]
  await expect(first).rejects.toThrow('the log is gone')
  await expect(second).rejects.toThrow('the log is gone')
  isBroken = false
  expect((await creation.ensure(['a'])).get('a')).toBe(37)
})
