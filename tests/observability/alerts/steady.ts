import { pause } from '../../../tools/drill/scenario.ts'

/** Does something about `perSecond` times a second until the signal is aborted; one after the other, never at once. */
export async function steadily(signal: AbortSignal, perSecond: number, work: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    const beganMs = performance.now()
    await work()
    await pause(Math.max(0, 1000 / perSecond - (performance.now() - beganMs)), signal)
  }
}
