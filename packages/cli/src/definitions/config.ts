import { type Definition, examples, lazy } from './define.ts'

const NOUNS = "KIND is 'topic' or 'broker'. NAME is the topic, or the broker's id; broker 'default' means all brokers."

/** `config describe|set|delete` */
export function defineConfig(definition: Definition): void {
  const config = definition.program.command('config').description('show and change settings of topics and brokers')
  config.addHelpText('after', `${examples([['streambus config describe topic orders', '']])}\n\n${NOUNS}`)

  config
    .command('describe <kind> <name>')
    .description('settings that differ from their default')
    .option('-a, --all', 'all settings, with where each value comes from')
    .action(lazy(definition, async () => (await import('../commands/config-describe.ts')).configDescribe))
    .addHelpText('after', `${examples([['streambus config describe broker 1 --all', '']])}\n\n${NOUNS}`)

  config
    .command('set <kind> <name> <setting=value...>')
    .description('change settings')
    .option('--dry-run', 'only check')
    .action(lazy(definition, async () => (await import('../commands/config-set.ts')).configSet))
    .addHelpText('after', `${examples([['streambus config set topic orders retention.ms=86400000', '']])}\n\n${NOUNS}`)

  config
    .command('delete <kind> <name> <setting...>')
    .description('let settings go back to their default')
    .option('--dry-run', 'only check')
    .action(lazy(definition, async () => (await import('../commands/config-delete.ts')).configDelete))
    .addHelpText('after', `${examples([['streambus config delete topic orders retention.ms', '']])}\n\n${NOUNS}`)
}
