import { Argument } from 'commander'
import { type Definition, examples, lazy } from './define.ts'

/** `completion`, and the hidden `complete` that its scripts call. */
export function defineCompletion(definition: Definition): void {
  const { program } = definition
  program
    .command('completion')
    .description('print a script that teaches the shell to complete commands, options and topics')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(lazy(definition, async () => (await import('../commands/completion.ts')).completion))
    .addHelpText(
      'after',
      examples([
        ['source <(streambus completion bash)', 'in ~/.bashrc'],
        ['source <(streambus completion zsh)', 'in ~/.zshrc, after compinit'],
        ['streambus completion fish | source', 'in ~/.config/fish/config.fish']
      ])
    )

  // What the scripts call: the words typed so far, the last one possibly empty. `--` keeps options unread.
  program
    .command('complete', { hidden: true })
    .argument('[word...]')
    .helpOption(false)
    .action(
      lazy<object>(definition, async () => {
        const { complete } = await import('../commands/complete.ts')
        return call => complete(call, program)
      })
    )
}
