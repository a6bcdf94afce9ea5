import fs from 'node:fs'
import path from 'node:path'
import { startBroker, tempDir } from '@streambus/testkit'
import { describe, expect, test } from 'vitest'
import { hasPromtool, run } from './debian-tools.ts'
import { healthyBrokerTest } from './healthy-broker.ts'
import { root, rules } from './shipped.ts'
import { unitTestFiles } from './unit-tests.ts'

const files = ['streambus-alerts.yml', 'streambus-recording.yml'].map(name => path.join(root, 'alerts', name))
const SLOW_MS = 180_000

describe.skipIf(!hasPromtool)('promtool (skipped without it)', () => {
  test('check rules', () => {
    const { output, status } = run('promtool', ['check', 'rules', ...files])
    expect(output).toContain(`SUCCESS: ${rules.alerts.length} rules found`)
    expect(output).toContain(`SUCCESS: ${rules.records.length} rules found`)
    expect(status).toBe(0)
  })

  test('test rules', { timeout: SLOW_MS }, () => {
    const { output, status } = run('promtool', ['test', 'rules', ...unitTestFiles(root)])
    expect(output).not.toContain('FAILED')
    expect(output.match(/SUCCESS/g)).toHaveLength(unitTestFiles(root).length)
    expect(status).toBe(0)
  })

  test('a renamed metric makes the unit tests fail', { timeout: SLOW_MS }, () => {
    const directory = tempDir('alerts')
    try {
      const [alerts = ''] = files
      const renamed = fs.readFileSync(alerts, 'utf8').replaceAll('streambus_ready', 'streambus_is_ready')
      fs.writeFileSync(path.join(directory.path, 'streambus-alerts.yml'), renamed)
      fs.mkdirSync(path.join(directory.path, 'tests'))
      const file = path.join(directory.path, 'tests/broker.yml')
      fs.copyFileSync(path.join(root, 'alerts/tests/broker.yml'), file)
      const { output, status } = run('promtool', ['test', 'rules', file])
      expect(output).toContain('alertname: BrokerNotReady')
      expect(status).toBe(1)
    } finally {
      directory.remove()
    }
  })

  test('a broker that has just started is no reason for any alert', { timeout: SLOW_MS }, async () => {
    const directory = tempDir('alerts')
    const broker = await startBroker({ memory: true })
    try {
      const text = await (await fetch(`${broker.adminUrl}/metrics`)).text()
      const file = path.join(directory.path, 'healthy.yml')
      fs.writeFileSync(file, JSON.stringify(healthyBrokerTest({ text, ruleFiles: files, alerts: rules.alerts })))
      const { output, status } = run('promtool', ['test', 'rules', file])
      expect(output).toContain('SUCCESS')
      expect(status).toBe(0)
    } finally {
      await broker.stop()
      directory.remove()
    }
  })
})
