import { SpawnedBroker, type SpawnOptions } from '@streambus/testkit'
import type { Cleanup } from './cleanup.ts'

/** A broker that does not outlive its rig, however the rig ends. The second function ends it early. */
export async function startBroker(
  cleanup: Cleanup,
  options: SpawnOptions
): Promise<[broker: SpawnedBroker, end: () => Promise<void>]> {
  cleanup.throwIfOver()
  const broker = await SpawnedBroker.start(options)
  // A rig that is being cleaned up may start it once more before it notices.
  const onExit = (): void => {
    if (broker.isRunning) process.kill(broker.pid, 'SIGKILL')
  }
  process.on('exit', onExit)
  const end = cleanup.add('broker', async () => {
    if (broker.isRunning) await broker.kill()
    if (!cleanup.isOver) process.off('exit', onExit)
  })
  return [broker, end]
}
