/** Where `npm run docs:cli` writes the page. */
export const CLI_PAGE = 'docs/CLI.md'

/** What `streambus … --help` prints for a command, `[]` for the program itself, on a stream that is no terminal. */
export type Help = (command: readonly string[]) => Promise<string>

const INTRODUCTION = `# Command Line

Every command of \`streambus\`, as its own \`--help\` prints it. Written by \`npm run docs:cli\`; a test
fails when this page is stale.

In a clone it is \`npx streambus\`, in the image \`docker exec streambus streambus\`. It speaks the Kafka
protocol, so that most of it works with any Kafka. \`cluster health\`, \`top\` and \`doctor\` ask the admin
port as well; \`dump-log\` and \`verify-log\` read files and need no broker.

| what | is said by |
|---|---|
| which broker | \`--bootstrap\`, else \`STREAMBUS_BOOTSTRAP\`, else 127.0.0.1:9092 |
| which admin port | \`--admin\`, else \`STREAMBUS_ADMIN\`, else 127.0.0.1:8080 |
| settings of \`start\` | \`--set NAME=VALUE\`, else \`STREAMBUS_NAME\`, else the file of \`--config\` |

Results are on standard output, everything else is on standard error. With \`--json\` results are JSON:
an object, or one a line where there may be many.
`

/** The whole page. */
export async function cliPage(help: Help): Promise<string> {
  const parts = [INTRODUCTION, `## streambus\n\n${block(await help([]))}`]
  for (const command of await leaves(help, [])) {
    parts.push(`## streambus ${command.join(' ')}\n\n${block(ownPart(await help(command)))}`)
  }
  return `${parts.join('\n')}`
}

/** Commands that have no commands of their own, in the order in which help has them. */
async function leaves(help: Help, command: readonly string[]): Promise<readonly (readonly string[])[]> {
  const names = commandsIn(await help(command))
  if (names.length === 0) return [command]
  const found: (readonly string[])[] = []
  for (const name of names) found.push(...(await leaves(help, [...command, name])))
  return found
}

/** A line of a command begins with two spaces; more of them go on with the line before. */
function commandsIn(text: string): readonly string[] {
  const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(text) ?? []
  const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name)
  return names.filter(name => name !== 'help')
}

/** Without what is the same for all. */
function ownPart(text: string): string {
  return text.replace(/^Global Options:\n(?: .*\n)+\n?/m, '')
}

function block(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\`\n`
}
