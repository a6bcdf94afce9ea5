import type { SpawnedBroker, SpawnOptions } from '@streambus/testkit'
import type { Stage as DrillStage } from '../../../tools/drill/scenario.ts'
import type { Cleanup } from '../../durability/cleanup.ts'

/** One way to make alerts fire on brokers of its own, and to make good again what made them. */
export interface Act {
  readonly name: string
  /** Told as firing, then as resolved, each of them: 'Name'; 'Name/severity', 'Name/window' where there are two. */
  readonly alerts: readonly string[]
  /** How long each half may take, in ms. Default: three minutes. */
  readonly limitMs?: number
  /** Why it cannot be played on this machine; null when it can. */
  whyNot?(): string | null
  /** Makes trouble until `stage.signal` is aborted, then undoes it: what is left must not alert any more. */
  perform(stage: Stage): Promise<void>
}

export interface TargetOptions {
  /** Default: the name of the act, so that its alerts are known by it. */
  readonly job?: string
  readonly scrapeSeconds?: number
}

/** Where an act is played. What it starts ends with it. */
export interface Stage {
  readonly signal: AbortSignal
  readonly cleanup: Cleanup
  say(text: string): void
  /** A broker that is scraped, in a cluster that has the name of the act. */
  startBroker(options?: SpawnOptions): Promise<SpawnedBroker>
  /** Something else to be scraped there: 'host:port'. */
  scrape(address: string, options?: TargetOptions): void
  /** Nothing at all is scraped any more, until the function that is returned is called. */
  scrapeNothing(): () => void
}

/** A drill of tools/drill on a broker of the stage. */
export function drillOn(broker: SpawnedBroker, { signal, say }: Stage, fill: string | null = null): DrillStage {
  const { bootstrap, adminUrl, pid } = broker
  return { bootstrap, adminUrl, pid, fill, signal, say }
}
