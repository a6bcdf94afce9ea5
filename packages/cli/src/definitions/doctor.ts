import { adminDefault, type Definition, examples, lazy, milliseconds } from './define.ts'

const INTERVAL_MS = 1000

/** `doctor` */
export function defineDoctor(definition: Definition): void {
  definition.program
    .command('doctor')
    .description(
      'examine a running broker from here: ports, advertised addresses, disks, limits, clock, configuration, groups and clients; exit code 1 when a check failed, 0 with warnings'
    )
    .option('--admin <host:port|none>', 'its admin port (or STREAMBUS_ADMIN)', adminDefault(definition))
    .option('--config <file>', 'a configuration file to judge, and to compare with what runs')
    .option('--interval <ms>', 'between the two looks at what grows', milliseconds('--interval'), INTERVAL_MS)
    .action(lazy(definition, async () => (await import('../commands/doctor.ts')).doctor))
    .addHelpText(
      'after',
      examples([
        ['streambus doctor', ''],
        ['streambus doctor -b broker1:9092 --admin broker1:8080', 'from where the clients are'],
        ['streambus doctor --config broker.yaml', ''],
        ['streambus doctor --json', 'for scripts: status, counts, checks']
      ])
    )
}
