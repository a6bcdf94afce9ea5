import fs from 'node:fs'
import path from 'node:path'
import { type SpawnedBroker, tempDir } from '@streambus/testkit'
import { mustRun } from '../../../../tools/drill/run-cli.ts'
import { untilAborted } from '../../../../tools/drill/scenario.ts'
import type { Act, Stage } from '../act.ts'
import { RawClient } from '../raw-client.ts'
import { steadily } from '../steady.ts'

const PARTITIONS = 4

/** A broker of whose two log directories one is not there: partitions of its topic in it cannot be written. */
async function halfThere(
  stage: Stage
): Promise<{ broker: SpawnedBroker; repair(): Promise<void>; bad: number; good: number }> {
  const home = tempDir('two-directories')
  stage.cleanup.add('two directories', () => home.remove())
  const [first, second] = ['first', 'second'].map(name => path.join(home.path, name)) as [string, string]
  const broker = await stage.startBroker({ config: { 'log.dirs': `${first},${second}` } })
  await mustRun(broker.bootstrap, ['topic', 'create', 'half', '--partitions', String(PARTITIONS)])
  const numbers = (folder: string): number[] =>
    fs.readdirSync(folder).flatMap(name => (name.startsWith('half-') ? [Number(name.slice('half-'.length))] : []))
  const [good = 0] = numbers(first)
  const [bad = 0] = numbers(second)
  await broker.terminate()
  fs.renameSync(second, `${second}.away`)
  fs.writeFileSync(second, '')
  await broker.start()
  const repair = async (): Promise<void> => {
    await broker.terminate()
    fs.rmSync(second)
    fs.renameSync(`${second}.away`, second)
    await broker.start()
  }
  return { broker, repair, bad, good }
}

/** Of so many requests one is for a partition that cannot be written. */
function someFail(options: Pick<Act, 'name' | 'alerts' | 'limitMs'> & { oneOf: number; perSecond: number }): Act {
  const { oneOf, perSecond, ...act } = options
  return {
    ...act,
    async perform(stage) {
      const { broker, bad, good } = await halfThere(stage)
      const producer = await RawClient.open(broker.bootstrap)
      let count = 0
      await steadily(stage.signal, perSecond, () =>
        producer.send({ topic: 'half', partition: ++count % oneOf === 0 ? bad : good })
      )
      // Good requests in plenty, so that what failed is a small share soon.
      const end = new AbortController()
      stage.cleanup.add('producer', () => {
        end.abort()
        producer.close()
      })
      void steadily(end.signal, 200, () =>
        Promise.all(Array.from({ length: 5 }, () => producer.send({ topic: 'half', partition: good })))
      ).catch(() => {})
    }
  }
}

export const budgetActs: readonly Act[] = [
  someFail({
    name: 'a few requests fail, for long',
    alerts: ['ErrorBudgetBurnSlow/1d', 'ErrorBudgetBurnSlow/3d'],
    // The rule waits for three hours: three minutes.
    limitMs: 360_000,
    oneOf: 250,
    perSecond: 50
  }),
  someFail({ name: 'some requests fail', alerts: ['RequestErrorRateHigh/warning'], oneOf: 33, perSecond: 100 }),
  {
    name: 'a log directory that is not there',
    alerts: ['LogDirOffline', 'OfflinePartitions'],
    async perform(stage) {
      const { repair } = await halfThere(stage)
      await untilAborted(stage.signal)
      await repair()
    }
  }
]
