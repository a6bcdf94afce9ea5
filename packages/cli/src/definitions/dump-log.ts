import { type Definition, examples, lazy } from './define.ts'

/** `dump-log`: works on files, so it works when the broker does not. */
export function defineDumpLog(definition: Definition): void {
  definition.program
    .command('dump-log <path...>')
    .description('print what log files hold, without a broker; exit code 1 when something is damaged')
    .option('-r, --records', 'every record, not only batches (decompresses)')
    .option('--values', 'with --records: keys and values too')
    .option('-q, --quiet', 'only the verdict of each file')
    .action(lazy(definition, async () => (await import('../commands/dump-log.ts')).dumpLog))
    .addHelpText(
      'after',
      `${examples([
        ['streambus dump-log data/orders-0', 'all files of a partition'],
        ['streambus dump-log data/orders-0/00000000000000000000.log --records --values', ''],
        ['streambus dump-log data/*-* --quiet && echo sound', '']
      ])}

Reads what StreamBus and Apache Kafka store: .log, .index, .timeindex, .txnindex and .snapshot files, checkpoints, the
clean-shutdown marker, and all of them with .corrupt, .deleted, .swap, .cleaned or .torn behind. Checks each file by
itself and goes on behind damage; verify-log compares the files with each other. Files are only read; a running broker
may still be writing to them.`
    )
}
