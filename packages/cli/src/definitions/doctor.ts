import { adminDefault, type Definition, examples, lazy, milliseconds } from './define.ts'

const INTERVAL_MS = 1000

const CHECKS = `
Checks:
  kafka port, admin port   reachable, and what they should be; of the same broker
  health                   the broker's own checks
  advertised               brokers answer, themselves, under the addresses that clients are told
  partitions, disk         leaders, copies, space, inodes, syncs, directories
  descriptors, connections, memory, heap, event loop, cpu, gc
  requests                 what the broker fails
  clock                    against the one here, what rounding and the request explain allowed
  config, topics           settings in force and in a file: unknown, dangerous, different
  groups                   who loses records to retention within the hour, or has stopped
  clients                  known problems of their versions, and whom the broker could not understand`

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
      `${CHECKS}\n${examples([
        ['streambus doctor', ''],
        ['streambus doctor -b broker1:9092 --admin broker1:8080', 'from where the clients are'],
        ['streambus doctor --config broker.yaml', ''],
        ['streambus doctor --json', 'for scripts: status, counts, checks']
      ])}`
    )
}
