import { adminDefault, type Definition, examples, lazy } from './define.ts'

/** `cluster describe|health|log-dirs` */
export function defineCluster(definition: Definition): void {
  const cluster = definition.program.command('cluster').description('brokers, health and disk use')
  cluster.addHelpText('after', examples([['streambus cluster describe', '']]))

  cluster
    .command('describe')
    .description('cluster id, controller and brokers')
    .action(lazy(definition, async () => (await import('../commands/cluster-describe.ts')).clusterDescribe))
    .addHelpText('after', examples([['streambus cluster describe -b broker1:9092,broker2:9092', '']]))

  cluster
    .command('health')
    .description('partitions without leader or full copies, and what the admin port says; exit code 1 when not healthy')
    .option('--admin <host:port|none>', 'admin port of a broker (or STREAMBUS_ADMIN)', adminDefault(definition))
    .action(lazy(definition, async () => (await import('../commands/cluster-health.ts')).clusterHealth))
    .addHelpText(
      'after',
      examples([
        ['streambus cluster health', ''],
        ['streambus cluster health --admin none', 'for an Apache Kafka, which has no admin port']
      ])
    )

  cluster
    .command('log-dirs')
    .description('size of every log directory and partition')
    .action(lazy(definition, async () => (await import('../commands/cluster-log-dirs.ts')).clusterLogDirs))
    .addHelpText('after', examples([['streambus cluster log-dirs --json', '']]))
}
