import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasAmtool, run } from './debian-tools.ts'
import { root, rules } from './shipped.ts'

const file = path.join(root, 'alerts/alertmanager.yml')

describe.skipIf(!hasAmtool)('amtool (skipped without it)', () => {
  test('check-config', () => {
    const { output, status } = run('amtool', ['check-config', file])
    expect(output).toContain('SUCCESS')
    expect(status).toBe(0)
  })

  const receivers = { critical: 'streambus-team', warning: 'streambus-tickets', info: 'streambus-info' }

  test.each(Object.entries(receivers))('%s goes to %s', (severity, receiver) => {
    expect(routeOf([`severity=${severity}`, 'alertname=Some'])).toBe(receiver)
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
