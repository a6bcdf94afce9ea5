import type { ClusterClient } from '@streambus/wire-client'
import type { Command, Option } from 'commander'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import { listGroups } from '../group/list-groups.ts'
import type { Call } from '../io.ts'

interface Candidate {
  readonly value: string
  readonly meaning: string
}

/** A prompt does not wait longer than this for the names of topics and groups. */
const NAMES_TIMEOUT_MS = 500

/**
 * Prints the candidates for the last of the words typed so far, one a line, with their meaning after a tab. Nothing
 * when anything goes wrong.
 */
export async function complete(call: Call, program: Command): Promise<number> {
  const words = [...call.args]
  const typed = words.pop() ?? ''
  const { command, position, pendingOption } = locate(program, words)
  const candidates =
    pendingOption !== null
      ? optionValues(pendingOption)
      : typed.startsWith('-')
        ? [...flags(command), ...flags(program)]
        : command.commands.length > 0
          ? subcommands(command)
          : await argumentValues(call, command, position)
  for (const { value, meaning } of candidates) {
    if (value.startsWith(typed)) call.io.stdout.line(meaning === '' ? value : `${value}\t${meaning}`)
  }
  return ExitCode.ok
}

/** Which command the words name, how many arguments it has already, and the option that waits for its value. */
function locate(program: Command, words: readonly string[]) {
  let command = program
  let position = 0
  let pendingOption: Option | null = null
  for (const word of words) {
    if (pendingOption !== null) {
      pendingOption = null
      continue
    }
    if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(({ long, short }) => long === word || short === word)
      if (option?.required) pendingOption = option
      continue
    }
    const child = position === 0 ? command.commands.find(candidate => candidate.name() === word) : undefined
    if (child === undefined) position++
    else command = child
  }
  return { command, position, pendingOption }
}

function optionValues(option: Option): Candidate[] {
  return (option.argChoices ?? []).map(value => ({ value, meaning: '' }))
}

function flags(command: Command): Candidate[] {
  return command.options.map(({ long, short, description }) => ({ value: long ?? short ?? '', meaning: description }))
}

function subcommands(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(child => ({ value: child.name(), meaning: child.description() }))
}

async function argumentValues(call: Call, command: Command, position: number): Promise<Candidate[]> {
  const declared = command.registeredArguments
  const argument = declared[position] ?? (declared.at(-1)?.variadic ? declared.at(-1) : undefined)
  if (argument === undefined) return []
  if (argument.argChoices !== undefined) return argument.argChoices.map(value => ({ value, meaning: '' }))
  if (argument.name() === 'kind') return ['topic', 'broker'].map(value => ({ value, meaning: '' }))
  if (argument.name() === 'group') return groupNames(call)
  const isTopic = argument.name() === 'topic' || (argument.name() === 'name' && command.name() !== 'create')
  return isTopic ? topicNames(call) : []
}

function topicNames(call: Call): Promise<Candidate[]> {
  return names(call, 'topic', async cluster => (await cluster.metadata(null)).topics.map(({ name }) => name ?? ''))
}

function groupNames(call: Call): Promise<Candidate[]> {
  return names(call, 'group', async cluster => (await listGroups(cluster)).map(({ groupId }) => groupId))
}

async function names(
  call: Call,
  meaning: string,
  ask: (cluster: ClusterClient) => Promise<readonly string[]>
): Promise<Candidate[]> {
  try {
    const hurried = { ...call, options: { ...call.options, timeout: NAMES_TIMEOUT_MS } }
    return (await withCluster(hurried, ask)).map(value => ({ value, meaning }))
  } catch {
    return []
  }
}
