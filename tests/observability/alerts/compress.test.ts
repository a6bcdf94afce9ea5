import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../alerts/shipped.ts'
import { compressAlertmanager, compressDuration, compressExpression, compressRules } from './compress.ts'

const shipped = (name: string): string => fs.readFileSync(path.join(root, 'alerts', name), 'utf8')

describe('time passes 60 times as fast', () => {
  test.each([
    ['5m', '5000ms'],
    ['1h30m', '90000ms'],
    ['3d', '4320000ms'],
    ['0m', '0ms']
  ])('%s', (written, compressed) => expect(compressDuration(written)).toBe(compressed))

  test('in windows, offsets and subqueries, and nowhere else', () => {
    const expr = 'predict_linear(a{topic="5m"}[6h], 86400) < 0 and b:rate5m offset 1h or max_over_time(c[1h:5m]) > 300'
    expect(compressExpression(expr)).toBe(
      'predict_linear(a{topic="5m"}[360000ms], 86400) < 0 and b:rate5m offset 60000ms or max_over_time(c[60000ms:5000ms]) > 300'
    )
  })

  test('every rule is kept, evaluated each second', () => {
    for (const name of ['streambus-alerts.yml', 'streambus-recording.yml']) {
      const [before, after] = [shipped(name), compressRules(shipped(name))].map(text => parse(text))
      expect(after.groups.map(({ interval }: { interval: string }) => interval)).toEqual(before.groups.map(() => '1s'))
      const names = (file: {
        groups: { rules: { alert?: string; record?: string; annotations?: object }[] }[]
      }): object[] =>
        file.groups.flatMap(({ rules }) =>
          rules.map(({ alert, record, annotations }) => ({ alert, record, annotations }))
        )
      expect(names(after)).toEqual(names(before))
    }
  })

  test('routes and inhibitions are kept, receivers are webhooks by their names', () => {
    const [before, after] = [
      shipped('alertmanager.yml'),
      compressAlertmanager(shipped('alertmanager.yml'), 'http://hook')
    ].map(text => parse(text))
    expect(after.inhibit_rules).toEqual(before.inhibit_rules)
    expect(after.route.repeat_interval).toBe(compressDuration(before.route.repeat_interval))
    expect(after.route.routes.map(({ matchers }: { matchers: string[] }) => matchers)).toEqual(
      before.route.routes.map(({ matchers }: { matchers: string[] }) => matchers)
    )
    expect(after.receivers).toEqual(
      before.receivers.map(({ name }: { name: string }) => ({
        name,
        webhook_configs: [{ url: `http://hook/${name}`, send_resolved: true }]
      }))
    )
  })
})
