import { Option } from 'commander'
import { collect, type Definition, examples, lazy, whole } from './define.ts'

/** `produce`. Batches are large by default because a file is no interactive client. */
export function defineProduce(definition: Definition): void {
  definition.program
    .command('produce <topic>')
    .description('send lines of stdin, or of files, as records')
    .option('-f, --file <path>', "read this instead of stdin ('-' is stdin); may be given several times", collect)
    .option('--raw', 'a whole file is one record, instead of every line')
    .option('-k, --key <key>', 'the same key for every record')
    .option('-K, --key-separator <text>', 'what stands before the first of these in a line is the key (\\t is a tab)')
    .option('-H, --header <name=value>', 'a header for every record; may be given several times', collect)
    .option('-p, --partition <n>', 'send everything to this partition', whole('-p', 0))
    .addOption(new Option('-a, --acks <acks>', 'who must have a record').choices(['0', '1', 'all']).default('all'))
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none')
    )
    .option('--linger <ms>', 'how long a record may wait for others in its batch', whole('--linger', 0, 60_000), 5)
    .option('--batch-bytes <n>', 'batch size at which it is sent', whole('--batch-bytes', 1024, 64 << 20), 900_000)
    .option('--progress', 'progress on stderr even when it is not a terminal')
    .action(lazy(definition, async () => (await import('../commands/produce.ts')).produce))
    .addHelpText(
      'after',
      `${examples([
        ['streambus produce orders < orders.txt', 'every line becomes a record'],
        ['streambus produce orders -f a.log -f b.log -z zstd', ''],
        ["streambus produce users -K '\\t' < users.tsv", 'the key is the first column'],
        ['streambus produce images -k logo --raw -f logo.png', 'one record'],
        ['echo hello | streambus produce orders -H source=cli --json', '']
      ])}

Lines are cut at \\n bytes and otherwise sent as they are, whatever they contain; an empty last line is no record.
Records with a key go to the partition that Java's default partitioner picks; those without fill one partition's
batch after the other. With --acks all (the default) the producer is idempotent: nothing is lost, repeated or
reordered within a partition by errors that pass. With 0 or 1 such errors may do all three.
A topic that does not exist is created if the broker allows it.
What a broker refuses for a reason that may pass, such as a full disk, is sent again for two minutes, or for --timeout
if that is given. An interrupt sends what was read, unless the broker refuses it, and says what is not confirmed.`
    )
}
