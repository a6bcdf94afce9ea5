import type { AlertRule } from '../../tools/promql/index.ts'

/** What hangs on the machine of the test, as a machine with room has it. */
const ROOMY: Readonly<Record<string, string>> = {
  streambus_log_dir_free_bytes: '1e12',
  streambus_log_dir_total_bytes: '1e12',
  streambus_log_dir_free_inodes: '1e9',
  streambus_log_dir_total_inodes: '1e9',
  streambus_storage_available_bytes: '1e12',
  streambus_memory_limit_bytes: '1e12',
  process_max_fds: '1e9'
}
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/

/**
 * A unit test for promtool: the series of a scrape stay as they are for two hours, and no alert fires. As long as
 * nothing happens, ratios divide zero by zero.
 */
export function healthyBrokerTest(options: {
  readonly text: string
  readonly ruleFiles: readonly string[]
  readonly alerts: readonly AlertRule[]
}): object {
  const names = new Set(options.alerts.map(({ alert }) => alert))
  names.delete('Watchdog')
  return {
    rule_files: options.ruleFiles,
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: ['up 1', ...options.text.split('\n')].flatMap(line => seriesOf(line)),
        alert_rule_test: [...names].map(alertname => ({ eval_time: '2h', alertname, exp_alerts: [] }))
      }
    ]
  }
}

function seriesOf(line: string): { readonly series: string; readonly values: string }[] {
  const [, name, labels, value] = LINE.exec(line) ?? []
  if (name === undefined || value === undefined || value === 'NaN') return []
  const all = ['job="streambus"', 'instance="b1:8080"', ...(labels === undefined ? [] : [labels])].join(',')
  return [{ series: `${name}{${all}}`, values: `${ROOMY[name] ?? value}+0x130` }]
}
