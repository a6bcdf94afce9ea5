import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { DrillError, type Scenario, type Stage, untilAborted } from './scenario.ts'

/** StorageCritical is below 10 %; producers are refused below 5 %. */
const FREE_SHARE = 0.03
/** Filling more than that on purpose is never a drill. */
const TOTAL_BYTES_MAX = 20 * 1024 ** 3

async function fillUp(stage: Stage): Promise<void> {
  const { fill, say, signal } = stage
  if (fill === null) throw new DrillError('needs --fill, a directory on the filesystem of a log directory')
  const { bsize, blocks, bavail } = fs.statfsSync(fill)
  if (bsize * blocks > TOTAL_BYTES_MAX) {
    throw new DrillError(`${fill} is on a filesystem of ${bsize * blocks} bytes; give the drill's broker a small one`)
  }
  const file = path.join(fill, 'alert-drill.fill')
  const bytes = Math.floor(bsize * (bavail - blocks * FREE_SHARE))
  try {
    const { status, stderr } = spawnSync('fallocate', ['-l', String(Math.max(1, bytes)), file], { encoding: 'utf8' })
    if (status !== 0) throw new DrillError(`fallocate: ${stderr}`)
    say(`${file} takes all but ${FREE_SHARE * 100} % of the disk`)
    await untilAborted(signal)
  } finally {
    fs.rmSync(file, { force: true })
  }
}

export const diskScenario: Scenario = {
  name: 'disk-full',
  alerts: ['WritesRefused', 'StorageCritical', 'HealthCheckFailing'],
  does: 'fills the filesystem of a log directory with one file, and deletes it at the end',
  needs: ['fill'],
  minutes: 7,
  run: fillUp
}
