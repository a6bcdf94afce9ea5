import { expect, inject } from 'vitest'
import { startBroker } from './groups/broker.ts'
import { runOk } from './run.ts'

/** Something that can be stopped in two ways and started again on its data. */
export interface Restartable {
  readonly bootstrap: string
  killAndStart(): Promise<void>
  /** Null when only kill −9 is at hand. */
  readonly stopAndStart: (() => Promise<void>) | null
  close(): Promise<void>
}

/**
 * Ours; or, with STREAMBUS_COMPAT_BOOTSTRAP, that one, and STREAMBUS_COMPAT_RESTART is the command that kills and
 * starts it, STREAMBUS_COMPAT_RESTART_ORDERLY the one that stops it first.
 */
export async function openRestartable(): Promise<Restartable | string> {
  const command = process.env['STREAMBUS_COMPAT_RESTART']
  const orderly = process.env['STREAMBUS_COMPAT_RESTART_ORDERLY']
  if (process.env['STREAMBUS_COMPAT_BOOTSTRAP'] !== undefined) {
    if (command === undefined)
      return 'the broker is another one’s: STREAMBUS_COMPAT_RESTART must name a command that restarts it'
    const shell = (given: string) => async (): Promise<void> => void (await runOk('sh', ['-c', given]))
    return {
      bootstrap: inject('bootstrap'),
      killAndStart: shell(command),
      stopAndStart: orderly === undefined ? null : shell(orderly),
      close: async () => undefined
    }
  }
  const broker = await startBroker()
  return {
    bootstrap: broker.bootstrap,
    async killAndStart() {
      await broker.kill()
      await broker.start()
    },
    async stopAndStart() {
      expect(await broker.terminate()).toBe(0)
      await broker.start()
    },
    close: async () => broker.stop()
  }
}
