import type { Command } from 'commander'
import { collect, type Definition, examples, lazy, whole } from './define.ts'

const INTERVAL_MS_MIN = 100
const INTERVAL_MS_MAX = 3_600_000

/** `group list|describe|lag|reset-offsets|delete` */
export function defineGroup(definition: Definition): void {
  const group = definition.program.command('group').description('consumer groups: members, offsets and lag')
  group.addHelpText('after', examples([['streambus group lag', 'how far behind every group is']]))
  defineList(definition, group)
  defineDescribe(definition, group)
  defineLag(definition, group)
}

function defineList(definition: Definition, group: Command): void {
  group
    .command('list')
    .description('all groups')
    .option('--state <state>', 'only these, such as Stable or Empty; may be given several times', collect)
    .option('--type <type>', 'only these: classic, consumer, share, streams; may be given several times', collect)
    .action(lazy(definition, async () => (await import('../commands/group-list.ts')).groupList))
    .addHelpText(
      'after',
      examples([
        ['streambus group list', ''],
        ['streambus group list --state Empty', 'those without members'],
        ["streambus group list --json | jq -r '.[].group'", 'just the names']
      ])
    )
}

function defineDescribe(definition: Definition, group: Command): void {
  group
    .command('describe <group...>')
    .description('state, members, committed offsets and lag of groups')
    .option('--members', 'the members and what each is assigned, instead of offsets')
    .option('--state', 'only state, assignor, coordinator and number of members')
    .action(lazy(definition, async () => (await import('../commands/group-describe.ts')).groupDescribe))
    .addHelpText(
      'after',
      `${examples([
        ['streambus group describe billing', ''],
        ['streambus group describe billing --members', 'who has which partitions']
      ])}\n\nAn assignment that is not a consumer's (Kafka Connect, …) is shown by its size.`
    )
}

function defineLag(definition: Definition, group: Command): void {
  group
    .command('lag [group...]')
    .description('how many records groups are behind, in total and by partition; all groups when none is named')
    .option('-w, --watch', 'look again and again, in place, until Ctrl-C (needs a terminal)')
    .option(
      '--interval <ms>',
      'with --watch: time between two looks (default: 2000)',
      whole('--interval', INTERVAL_MS_MIN, INTERVAL_MS_MAX)
    )
    .action(lazy(definition, async () => (await import('../commands/group-lag.ts')).groupLag))
    .addHelpText(
      'after',
      `${examples([
        ['streambus group lag', ''],
        ['streambus group lag billing --watch --interval 500', ''],
        ["streambus group lag --json | jq '.[] | {group, totalLag}'", '']
      ])}

The lag is the end of the log less the committed offset. '-' is what is not known, as without a commit.`
    )
}
