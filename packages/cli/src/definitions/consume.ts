import { Option } from 'commander'
import { collect, type Definition, examples, lazy, whole } from './define.ts'

/** `consume`. The end of the log ends it by default: a command in a pipe should finish. */
export function defineConsume(definition: Definition): void {
  definition.program
    .command('consume <topic>')
    .description('print records; stops at the end unless --follow is given')
    .option('-o, --offset <offset>', 'beginning, end, N (that offset), -N (the last N of each partition)', 'beginning')
    .option('-t, --timestamp <time>', 'start with the first record at or after it: RFC 3339, or ms since 1970')
    .option('-p, --partition <n>', 'only this partition; may be given several times', collect)
    .option('-n, --count <n>', 'stop after so many records', whole('-n', 1))
    .option('-F, --follow', 'go on at the end, until interrupted')
    .option('-e, --exit-at-end', 'stop at the end as it was when the command began (the default)')
    .addOption(
      new Option('--format <format>', 'raw: value and newline, byte for byte; json: an object a line (same as --json)')
        .choices(['raw', 'json'])
        .default('raw')
    )
    .option('--keys', 'key and a tab before the value')
    .option('--headers', 'headers as name=value,… and a tab before the value')
    .option('--print-offsets', 'partition, offset, time and tabs before the value')
    .option('--progress', 'progress on stderr even when it is not a terminal')
    .action(lazy(definition, async () => (await import('../commands/consume.ts')).consume))
    .addHelpText(
      'after',
      `${examples([
        ['streambus consume orders > orders.txt', 'everything there is'],
        ['streambus consume orders -o end --follow', 'only what comes from now on'],
        ['streambus consume orders -o -10', 'the last ten of each partition'],
        ['streambus consume orders -t 2026-11-01T00:00:00Z -n 100 --json', ''],
        ['streambus consume orders -p 0 -o 1234 -n 1 --print-offsets --keys --headers', 'one record, with everything']
      ])}

Order is kept within a partition; partitions are interleaved as they arrive.
In JSON, a key, value or header that is not UTF-8 text is given as keyBase64, valueBase64, valueBase64.
Interrupted with --follow the exit code is 0, without it 130.`
    )
}
