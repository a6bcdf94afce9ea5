import { mustRun } from './run-cli.ts'
import { pause, type Scenario, type Stage } from './scenario.ts'

const TOPIC = 'alert-drill'
const GROUP = 'alert-drill'
/** One more than HighConsumerLag allows. */
const RECORDS = 10_001
const GROWTH_PER_SECOND = 100
const COMMIT_MS = 5_000

/** As a consumer does that cannot get over a record. */
async function commitStart({ bootstrap }: Stage): Promise<void> {
  await mustRun(bootstrap, ['group', 'reset-offsets', GROUP, '--topic', TOPIC, '--to-earliest', '--execute'])
}

/** A group in front of unread records that reads none of them. */
async function leaveBehind(stage: Stage, topicConfig: readonly string[]): Promise<void> {
  const { bootstrap, say } = stage
  const configs = topicConfig.flatMap(setting => ['--config', setting])
  await mustRun(bootstrap, ['topic', 'create', TOPIC, '--if-not-exists', ...configs])
  await mustRun(bootstrap, ['produce', TOPIC], lines(RECORDS))
  await commitStart(stage)
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
        while (!stage.signal.aborted) {
          if (options.isGrowing === true) await mustRun(stage.bootstrap, ['produce', TOPIC], lines(GROWTH_PER_SECOND))
          else await commitStart(stage)
          await pause(options.isGrowing === true ? 1_000 : COMMIT_MS, stage.signal)
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
    alerts: ['HighConsumerLag', 'ConsumerLagSecondsHigh', 'ConsumerGroupStalled', 'ConsumerGroupEmptyWithLag'],
    does: `makes a group with ${RECORDS} unread records and no members, which commits the same offset again and again`,
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
