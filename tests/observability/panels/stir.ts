import type { Scene } from './scene.ts'
import { adminScenes } from './scenes/admin.ts'
import { groupScenes, longScenes } from './scenes/groups.ts'
import { crowdScene, hostileScenes, neverReadScene, writeBehindScene } from './scenes/hostile.ts'
import { restartScenes } from './scenes/restarts.ts'
import { slowDiskScene, storageScenes } from './scenes/storage.ts'
import type { Stage } from './stage.ts'

/** What plays at the same time, beside the long scenes. */
const ACTS: readonly (readonly Scene[])[] = [
  [...groupScenes, ...hostileScenes],
  [crowdScene, ...adminScenes],
  [...storageScenes, neverReadScene],
  [slowDiskScene, writeBehindScene]
]

export interface Stirred {
  readonly problems: readonly string[]
  /** What this machine has no means for, with the reason. */
  readonly skipped: readonly string[]
}

/** Lets everything happen to the broker that any panel shows: about 90 seconds. */
export async function stir(stage: Stage): Promise<Stirred> {
  const problems: string[] = []
  const skipped: string[] = []
  const play = async (scene: Scene): Promise<void> => {
    const reason = scene.whyNot?.(stage) ?? null
    if (reason !== null) return void skipped.push(`${scene.name}: ${reason}`)
    const beganMs = performance.now()
    try {
      await scene.run(stage)
      stage.say(`${scene.name}: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
    } catch (error) {
      problems.push(`the scene '${scene.name}' failed: ${(error as Error).message}`)
    }
  }
  for (const scene of restartScenes) await play(scene)
  const long = Promise.all(longScenes.map(play))
  for (const act of ACTS) await Promise.all(act.map(play))
  await long
  return { problems, skipped }
}
