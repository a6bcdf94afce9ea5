import { pause } from '../../../tools/drill/scenario.ts'
import type { Cleanup } from '../../durability/cleanup.ts'
import type { Act } from './act.ts'
import type { Theatre } from './theatre.ts'

/** Longer than most rules want to have seen a broker. */
const QUIET_MS = 20_000
/** A broker's disk is the machine's, which others fill while we look. */
const OF_THE_MACHINE = /^DiskFullIn|^HighStorageUsage$|^StorageCritical$/

/** A broker that is left alone must not alert. Problems, one a line. */
export async function nothingHappens(
  theatre: Theatre,
  options: { readonly cleanup: Cleanup; say(text: string): void }
): Promise<string[]> {
  const act: Act = {
    name: 'a broker that is left alone',
    alerts: [],
    async perform(stage) {
      await stage.startBroker()
      await pause(QUIET_MS, new AbortController().signal)
    }
  }
  const problems = await theatre.play(act, options)
  const told = theatre.toldOf(act.name).filter(name => !OF_THE_MACHINE.test(name))
  return [...problems, ...told.map(name => `${act.name}: ${name} fires`)]
}
