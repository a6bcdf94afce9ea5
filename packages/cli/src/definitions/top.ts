import { adminDefault, type Definition, examples, lazy, milliseconds } from './define.ts'

const INTERVAL_MS = 2000

/** `top` */
export function defineTop(definition: Definition): void {
  definition.program
    .command('top')
    .description('what a broker does now: throughput, latency, requests, topics, lag, disk')
    .option('--admin <host:port>', 'its admin port (or STREAMBUS_ADMIN)', adminDefault(definition))
    .option('--interval <ms>', 'how often it looks again', milliseconds('--interval'), INTERVAL_MS)
    .option('--once', 'print once and end, as it does where there is no terminal')
    .action(lazy(definition, async () => (await import('../commands/top.ts')).top))
    .addHelpText(
      'after',
      examples([
        ['streambus top', ''],
        ['streambus top --admin broker1:8080 --interval 500', ''],
        ['streambus top --json', 'one reading for scripts; rates are per second']
      ])
    )
}
