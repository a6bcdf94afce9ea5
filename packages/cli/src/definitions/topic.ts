import type { Command } from 'commander'
import { collect, type Definition, examples, lazy, whole } from './define.ts'

const PARTITIONS_MAX = 100_000

/** `topic list|create|describe|delete|alter` */
export function defineTopic(definition: Definition): void {
  const topic = definition.program.command('topic').description('list, create, describe, delete and change topics')
  topic.addHelpText('after', examples([['streambus topic create orders --partitions 3', '']]))
  defineReaders(definition, topic)
  defineCreate(definition, topic)
  defineDelete(definition, topic)
  defineAlter(definition, topic)
}

function defineReaders(definition: Definition, topic: Command): void {
  topic
    .command('list')
    .description('all topics')
    .option('--internal', 'also those that brokers keep for themselves')
    .action(lazy(definition, async () => (await import('../commands/topic-list.ts')).topicList))
    .addHelpText('after', examples([["streambus topic list --json | jq -r '.[].name'", 'just the names']]))

  topic
    .command('describe <name...>')
    .description('partitions, leaders, offsets and changed settings of topics')
    .action(lazy(definition, async () => (await import('../commands/topic-describe.ts')).topicDescribe))
    .addHelpText('after', examples([['streambus topic describe orders', '']]))
}

function defineCreate(definition: Definition, topic: Command): void {
  topic
    .command('create <name...>')
    .description('create topics')
    .option(
      '-p, --partitions <n>',
      'number of partitions; else what the broker has set',
      whole('-p', 1, PARTITIONS_MAX)
    )
    .option('-r, --replication-factor <n>', 'copies; else what the broker has set', whole('-r', 1, 100))
    .option('-c, --config <name=value>', 'a setting of the topic; may be given several times', collect)
    .option('--if-not-exists', 'a topic that is there already is no error')
    .option('--dry-run', 'only check')
    .action(lazy(definition, async () => (await import('../commands/topic-create.ts')).topicCreate))
    .addHelpText(
      'after',
      examples([
        ['streambus topic create orders --partitions 3', ''],
        ['streambus topic create clicks -c retention.ms=3600000 -c cleanup.policy=delete', '']
      ])
    )
}

function defineDelete(definition: Definition, topic: Command): void {
  topic
    .command('delete <name...>')
    .description('delete topics and all their records')
    .option('--if-exists', 'a topic that is not there is no error')
    .action(lazy(definition, async () => (await import('../commands/topic-delete.ts')).topicDelete))
    .addHelpText('after', examples([['streambus topic delete orders clicks', 'there is no way back']]))
}

function defineAlter(definition: Definition, topic: Command): void {
  topic
    .command('alter <name>')
    .description('add partitions, change settings')
    .option('-p, --partitions <n>', 'new number of partitions, more than now', whole('-p', 1, PARTITIONS_MAX))
    .option('-c, --config <name=value>', 'a setting to change; may be given several times', collect)
    .option('--delete-config <name>', 'a setting to go back to its default; may be given several times', collect)
    .option('--dry-run', 'only check')
    .action(lazy(definition, async () => (await import('../commands/topic-alter.ts')).topicAlter))
    .addHelpText(
      'after',
      examples([
        ['streambus topic alter orders --partitions 6', 'keys may map to other partitions from then on'],
        ['streambus topic alter orders -c retention.ms=86400000 --delete-config segment.ms', '']
      ])
    )
}
