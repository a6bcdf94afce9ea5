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
  defineReset(definition, group)
  defineDelete(definition, group)
}

function defineList(definition: Definition, group: Command): void {
  const command = group
    .command('list')
    .description('all groups')
    .option('--state <state>', 'only these, such as Stable or Empty; may be given several times', collect)
    .option('--type <type>', 'only these: classic, consumer, share, streams; may be given several times', collect)
  withWatch(command)
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
  const command = group
    .command('describe <group...>')
    .description('state, members, committed offsets and lag of groups')
    .option('--members', 'the members and what each is assigned, instead of offsets')
    .option('--state', 'only state, assignor, coordinator and number of members')
  withWatch(command)
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
  const command = group
    .command('lag [group...]')
    .description('how many records groups are behind, in total and by partition; all groups when none is named')
  withWatch(command)
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

function defineReset(definition: Definition, group: Command): void {
  group
    .command('reset-offsets <group>')
    .description('move the committed offsets of a group without members; only shows what it would do, until --execute')
    .option('-t, --topic <topic[:0,1,…]>', 'this topic, or these partitions of it; may be given several times', collect)
    .option('--all-topics', 'every partition in which the group has committed')
    .option('--to-earliest', 'to the start of the log')
    .option('--to-latest', 'to the end of the log')
    .option('--to-offset <n>', 'to this offset')
    .option('--shift-by <n>', 'so many on, or back when negative')
    .option('--to-datetime <time>', 'to the first record at or after this time, ISO 8601; UTC unless it says otherwise')
    .option('--by-duration <duration>', 'to the first record that is no older: 90m, 2h30m, 7d, or ISO 8601 as PT1H')
    .option('--from-file <file>', 'to what a file of lines topic,partition,offset says, as --export prints them')
    .option('--export', 'print lines topic,partition,offset; without a target: of the offsets as they are')
    .option('--dry-run', 'only show it (the default)')
    .option('--execute', 'do it')
    .action(lazy(definition, async () => (await import('../commands/group-reset-offsets.ts')).groupResetOffsets))
    .addHelpText(
      'after',
      `${examples([
        ['streambus group reset-offsets billing --topic orders --to-earliest', 'shows old and new offsets'],
        ['streambus group reset-offsets billing --topic orders --to-earliest --execute', ''],
        ['streambus group reset-offsets billing --topic orders:0,2 --shift-by -100', ''],
        ['streambus group reset-offsets billing --all-topics --by-duration 90m', ''],
        ['streambus group reset-offsets billing --all-topics --export > saved.csv', 'the offsets as they are'],
        ['streambus group reset-offsets billing --from-file saved.csv --execute', 'and back to them']
      ])}

An offset outside the log becomes its start or end, with a warning. A time after the last record is the end.
The offsets of a group that has members belong to them: stop them first.`
    )
}

function defineDelete(definition: Definition, group: Command): void {
  group
    .command('delete <group...>')
    .description('delete groups without members, with all their committed offsets')
    .option('-y, --yes', 'do not ask')
    .option('--if-exists', 'a group that is not there is no error')
    .action(lazy(definition, async () => (await import('../commands/group-delete.ts')).groupDelete))
    .addHelpText(
      'after',
      examples([
        ['streambus group delete billing', 'asks first; there is no way back'],
        ['streambus group delete billing audit --yes', '']
      ])
    )
}

/** The options of commands that can look again and again. */
function withWatch(command: Command): Command {
  return command
    .option('-w, --watch', 'look again and again, in place, until Ctrl-C (needs a terminal)')
    .option(
      '--interval <ms>',
      'with --watch: time between two looks (default: 2000)',
      whole('--interval', INTERVAL_MS_MIN, INTERVAL_MS_MAX)
    )
}
