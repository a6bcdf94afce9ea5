import { mustRun } from './run-cli.ts'
import { pause, type Scenario, type Stage, untilAborted } from './scenario.ts'

const TOPIC = 'alert-drill'
const GROUP = 'alert-drill'
/** One more than HighConsumerLag allows. */
const RECORDS = 10_001
const GROWTH_PER_SECOND = 100

/** A group that has committed once and reads no more, in front of unread records. */
async function leaveBehind(stage: Stage, topicConfig: readonly string[]): Promise<void> {
  const { bootstrap, say } = stage
  const configs = topicConfig.flatMap(setting => ['--config', setting])
  await mustRun(bootstrap, ['topic', 'create', TOPIC, '--if-not-exists', ...configs])
  await mustRun(bootstrap, ['group', 'reset-offsets', GROUP, '--topic', TOPIC, '--to-earliest', '--execute'])
  await mustRun(bootstrap, ['produce', TOPIC], lines(RECORDS))
  say(`group ${GROUP} has ${RECORDS} records of topic ${TOPIC} to read, and nobody reads`)
}

async function clearAway({ bootstrap, say }: Stage): Promise<void> {
  await mustRun(bootstrap, ['group', 'delete', GROUP, '--yes', '--if-exists'])
  await mustRun(bootstrap, ['topic', 'delete', TOPIC, '--if-exists'])
  say(`group and topic ${TOPIC} are deleted`)
}

function* lines(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield `drill ${index}\n`
}

function lagging(
  shape: Pick<Scenario, 'name' | 'alerts' | 'does' | 'minutes'>,
  options: { readonly topicConfig?: readonly string[]; readonly isGrowing?: boolean } = {}
): Scenario {
  return {
    ...shape,
    needs: [],
    async run(stage) {
      try {
        await leaveBehind(stage, options.topicConfig ?? [])
        if (options.isGrowing !== true) return await untilAborted(stage.signal)
        while (!stage.signal.aborted) {
          await mustRun(stage.bootstrap, ['produce', TOPIC], lines(GROWTH_PER_SECOND))
          await pause(1_000, stage.signal)
        }
      } finally {
        await clearAway(stage)
      }
    }
  }
}

export const lagScenarios: readonly Scenario[] = [
  lagging({
    name: 'lag',
    alerts: ['HighConsumerLag', 'ConsumerLagSecondsHigh', 'ConsumerGroupEmptyWithLag'],
    does: `makes a group with ${RECORDS} unread records and no members`,
    minutes: 18
  }),
  lagging(
    {
      name: 'growing-lag',
      alerts: ['HighConsumerLag', 'ConsumerLagGrowing'],
      does: `the same, and ${GROWTH_PER_SECOND} records more every second`,
      minutes: 35
    },
    { isGrowing: true }
  ),
  lagging(
    {
      name: 'data-loss',
      alerts: ['HighConsumerLag', 'ConsumerDataLossRisk'],
      does: 'the same on a topic that keeps records for half an hour',
      minutes: 12
    },
    { topicConfig: ['retention.ms=1800000', 'segment.ms=60000'] }
  )
]
