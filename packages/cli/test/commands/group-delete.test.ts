import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assignmentOf, GroupRig } from '../group/group-rig.ts'

const TERMINAL = { terminal: { rows: 24, columns: 80 } }

let rig: GroupRig
beforeAll(async () => {
  rig = await GroupRig.start()
  await rig.topic('orders', [10])
  await rig.join('busy', { assignment: assignmentOf({ orders: [0] }) })
})
afterAll(() => rig.stop())

async function groups(): Promise<string[]> {
  return (await rig.json<{ group: string }[]>('group', 'list')).map(({ group }) => group)
}

describe('group delete', () => {
  it.each([
    ['y\n', 0, ['busy']],
    ['YES\n', 0, ['busy']],
    ['n\n', 1, ['asked', 'busy']],
    ['\n', 1, ['asked', 'busy']],
    ['', 1, ['asked', 'busy']]
  ])('asks first: %j', async (answer, code, left) => {
    await rig.commit('asked', 'orders', { 0: 1 })
    const { exitCode, stderr } = await rig.cli(['group', 'delete', 'asked'], {
      stdin: Buffer.from(answer),
      ...TERMINAL
    })
    expect(stderr).toMatch(/^delete group asked with all committed offsets\? There is no way back \[y\/N\] /)
    expect([exitCode, await groups()]).toEqual([code, left])
    await rig.cli(['group', 'delete', 'asked', '--yes'])
  })

  it('is refused where nobody can be asked', async () => {
    await rig.commit('safe', 'orders', { 0: 1 })
    const { exitCode, stderr } = await rig.cli(['group', 'delete', 'safe'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('add --yes')])
    expect(await groups()).toContain('safe')
  })

  it('deletes what it can and says what it could not', async () => {
    await rig.commit('idle', 'orders', { 0: 1 })
    const { exitCode, stdout, stderr } = await rig.cli(['group', 'delete', 'busy', 'idle', 'nope', '--yes'])
    expect([exitCode, stdout.toString()]).toEqual([1, 'group idle deleted\n'])
    expect(stderr).toMatch(/^streambus: group busy: still has members .* try again.*; not deleted either: nope/)
    expect(await groups()).toContain('busy')
  })

  it('takes a group that is not there for done with --if-exists', async () => {
    expect(await rig.cli(['group', 'delete', 'nope', '--yes'])).toMatchObject({ exitCode: 1 })
    expect(await rig.json('group', 'delete', 'nope', '--yes', '--if-exists')).toEqual([
      { group: 'nope', deleted: false }
    ])
  })
})
