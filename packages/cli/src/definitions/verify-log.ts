import { type Definition, examples, lazy } from './define.ts'

/** `verify-log`: the offline check. Reads everything, changes nothing. */
export function defineVerifyLog(definition: Definition): void {
  definition.program
    .command('verify-log <path...>')
    .description('check log directories, partitions or files, without a broker; exit code 4 when something is damaged')
    .option('--no-gaps', 'gaps between offsets are damage (compaction leaves some; nothing else does)')
    .option('-q, --quiet', 'only what is not sound, and the summary')
    .option('--progress', 'progress on stderr even when it is not a terminal')
    .action(lazy(definition, async () => (await import('../commands/verify-log.ts')).verifyLog))
    .addHelpText(
      'after',
      `${examples([
        ['streambus verify-log data', 'a whole log directory'],
        ['streambus verify-log data/orders-0', 'one partition'],
        ['streambus verify-log data/orders-0/00000000000000000000.index', 'one file, against its partition'],
        ['streambus verify-log data --json | jq "select(.isSound == false)"', '']
      ])}

Checks, for StreamBus and for Apache Kafka: every batch header, CRC and record; the order of offsets and leader epochs;
index entries, producer snapshots and leader epochs against the batches; checkpoints; what is left over. Reads all
segments once and changes nothing. Beside a running broker it works too, but the end of each log may move.

  damage   bytes are not what was written, or files contradict each other
  warning  what a stop that was not clean may leave, and the next start repairs
  info     worth knowing; nothing is wrong

Exit code: 0 sound (warnings included), 4 damage, 2 a path that is wrong or cannot be read.`
    )
}
