import { collect, type Definition, examples, lazy } from './define.ts'

/** `start`. Every setting can be given with --set; the three that every first hour needs have flags of their own. */
export function defineStart(definition: Definition): void {
  definition.program
    .command('start')
    .description('run a broker until SIGTERM or SIGINT (a second signal forces the end)')
    .option('--config <file>', 'configuration in YAML')
    .option('--set <key=value>', 'one setting, under its Kafka name; may be given several times', collect)
    .option('--listeners <list>', 'where clients connect, such as PLAINTEXT://127.0.0.1:9092')
    .option('--admin-listener <host:port>', 'where metrics, health and the admin API are')
    .option('--log-dirs <directories>', 'where the data goes, separated by commas')
    .action(lazy(definition, async () => (await import('../commands/start.ts')).start))
    .addHelpText(
      'after',
      `${examples([
        ['streambus start', '127.0.0.1:9092, admin port 8080, data in ./data'],
        ['streambus start --config broker.yaml', ''],
        ['streambus start --log-dirs /var/lib/streambus --set num.partitions=4', ''],
        ['STREAMBUS_NUM_PARTITIONS=4 streambus start', 'every setting is also an environment variable']
      ])}\n\nA flag wins over the environment, which wins over the file.`
    )
}
