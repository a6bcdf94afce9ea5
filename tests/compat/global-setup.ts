import path from 'node:path'
import { tempDir } from '@streambus/testkit'
import type { TestProject } from 'vitest/node'
import { startBroker } from './groups/broker.ts'
import { type LineFile, writeText } from './text.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly bootstrap: string
    /** Empty when the broker is another one's. */
    readonly dataDir: string
    /** Ends every topic's name, so that a broker that lives on can be tested again. */
    readonly run: string
    readonly text: LineFile
  }
}

const TEXT_BYTES = 5_500_000

/** One broker for all clients: ours in a process of its own, or the one that STREAMBUS_COMPAT_BOOTSTRAP names. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = tempDir('compat')
  const given = process.env['STREAMBUS_COMPAT_BOOTSTRAP']
  const broker = given === undefined ? await startBroker() : null
  provide('bootstrap', given ?? broker?.bootstrap ?? '')
  provide('dataDir', broker?.dataDir ?? '')
  provide('run', Date.now().toString(36))
  provide('text', writeText(path.join(directory.path, 'text.txt'), TEXT_BYTES))
  return async () => {
    await broker?.stop()
    directory.remove()
  }
}
