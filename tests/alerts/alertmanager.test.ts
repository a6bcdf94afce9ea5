import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasAmtool, run } from './debian-tools.ts'
import { type AlertLabels, hasAlertmanager, LiveAlertmanager } from './live-alertmanager.ts'
import { root, rules } from './shipped.ts'

const file = path.join(root, 'alerts/alertmanager.yml')

describe.skipIf(!hasAmtool)('amtool (skipped without it)', () => {
  test('check-config', () => {
    const { output, status } = run('amtool', ['check-config', file])
    expect(output).toContain('SUCCESS')
    expect(status).toBe(0)
  })

  const receivers = {
    critical: 'streambus-mail,streambus-team',
    warning: 'streambus-mail,streambus-tickets',
    info: 'streambus-info'
  }

  test.each(Object.entries(receivers))('%s goes to %s', (severity, names) => {
    expect(routeOf([`severity=${severity}`, 'alertname=Some'])).toBe(names)
  })

  test('what has no severity goes to people', () => {
    expect(routeOf(['alertname=Some'])).toBe('streambus-team')
  })

  test('the watchdog goes where its silence is noticed', () => {
    const { severity } = rules.alerts.find(({ alert }) => alert === 'Watchdog')?.labels ?? {}
    expect(routeOf([`severity=${severity}`, 'alertname=Watchdog'])).toBe('watchdog')
  })
})

function routeOf(labels: readonly string[]): string {
  return run('amtool', ['config', 'routes', 'test', `--config.file=${file}`, ...labels]).output.split('\n')[0] ?? ''
}

describe.skipIf(!hasAlertmanager)('who mutes whom, in a live Alertmanager (skipped without it)', () => {
  let alertmanager: LiveAlertmanager
  const b1 = { job: 'streambus', instance: 'b1:8080', cluster: 'a' }
  const b2 = { ...b1, instance: 'b2:8080' }
  const cluster = { job: 'streambus', cluster: 'a' }
  const burn = { job: 'streambus', cluster: 'a', sli: 'produce_latency' }

  beforeEach(async () => {
    alertmanager = await LiveAlertmanager.start(file)
  })
  afterEach(() => alertmanager.stop())

  /** An alert as Prometheus sends it: its labels, and those of its rule. */
  function alert(name: string, labels: AlertLabels, severity?: string): AlertLabels {
    const rule = rules.alerts.find(
      found => found.alert === name && (severity === undefined || found.labels['severity'] === severity)
    )
    if (rule === undefined) throw new Error(`there is no alert ${name}`)
    return { alertname: name, ...labels, ...rule.labels }
  }

  const cases: readonly (readonly [source: AlertLabels, muted: AlertLabels, heard: AlertLabels])[] = [
    [alert('BrokerDown', b1), alert('FlushSlow', b1), alert('FlushSlow', b2)],
    [alert('BrokerDown', b1), alert('StorageCritical', { ...b1, log_dir: '/data' }), alert('BrokerDown', b2)],
    [
      alert('NoActiveController', cluster),
      alert('ReplicaLagHigh', b1),
      alert('ReplicaLagHigh', { ...b1, cluster: 'b' })
    ],
    [alert('NoActiveController', cluster), alert('MetadataLagHigh', b1), alert('FlushSlow', b1)],
    [
      alert('ConsumerLagSecondsHigh', { ...b1, group: 'x' }, 'critical'),
      alert('ConsumerLagSecondsHigh', { ...b1, group: 'x' }, 'warning'),
      alert('ConsumerLagSecondsHigh', { ...b1, group: 'y' }, 'warning')
    ],
    [alert('ProduceLatencyCritical', b1), alert('HighProduceLatency', b1), alert('HighProduceLatency', b2)],
    [alert('StorageCritical', b1), alert('HighStorageUsage', b1), alert('HighStorageUsage', b2)],
    [
      alert('ErrorBudgetBurnFast', burn),
      alert('ErrorBudgetBurnSlow', burn),
      alert('ErrorBudgetBurnSlow', { ...burn, sli: 'x' })
    ],
    [alert('StorageErrors', b1), alert('FlushSlow', b1), alert('FlushSlow', b2)]
  ]

  const named = cases.map(
    ([source, muted, heard]) => [source['alertname'], muted['alertname'], { source, muted, heard }] as const
  )

  test.each(named)('%s mutes %s', async (_source, _muted, { source, muted, heard }) => {
    expect(await alertmanager.muted([muted, heard], 0)).toEqual([])
    expect(await alertmanager.muted([source, muted, heard], 1)).toEqual([muted])
  })
})
