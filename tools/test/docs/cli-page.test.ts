import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { CLI_PAGE, cliPage } from '../../docs/cli-page.ts'
import { runCommand } from '../../drill/run-cli.ts'

const help = async (command: readonly string[]): Promise<string> =>
  (await runCommand([...command, '--help'], { env: {} })).output

test('docs/CLI.md is what the commands say of themselves: npm run docs:cli', async () => {
  const text = fs.readFileSync(path.join(import.meta.dirname, '../../..', CLI_PAGE), 'utf8')
  expect(text === (await cliPage(help)), `${CLI_PAGE} is stale: npm run docs:cli`).toBe(true)
})

test('every command with a file of its own has a part', async () => {
  const page = await cliPage(help)
  const folder = path.join(import.meta.dirname, '../../../packages/cli/src/commands')
  const files = fs.readdirSync(folder).map(file => path.parse(file).name)
  const named = [...page.matchAll(/^## streambus (.+)$/gm)].map(([, command = '']) => command.replaceAll(' ', '-'))
  // complete is what the scripts of completion call.
  expect(named.sort()).toEqual(files.filter(name => name !== 'complete').sort())
})
