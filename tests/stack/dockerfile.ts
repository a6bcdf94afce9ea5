/** A Dockerfile as the checks see it: stages of instructions. Heredocs and build arguments are refused, not guessed. */

export interface Instruction {
  /** In capitals. */
  readonly name: string
  /** `--from=base` as from → base. */
  readonly flags: ReadonlyMap<string, string>
  /** What follows the flags, continuation lines joined. */
  readonly text: string
  readonly line: number
}

export interface Stage {
  /** Its name after AS; its number when it has none. */
  readonly name: string
  /** What it begins with: an image, or the name of an earlier stage. */
  readonly from: string
  readonly instructions: readonly Instruction[]
}

const KNOWN = new Set(
  'FROM RUN COPY ENV WORKDIR USER LABEL VOLUME EXPOSE HEALTHCHECK ENTRYPOINT CMD STOPSIGNAL'.split(' ')
)

/** Throws, with the line, for what this project's Dockerfile does not use. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = []
  for (const { text: line, number } of logicalLines(text)) {
    const instruction = parseInstruction(line, number)
    if (instruction.name === 'FROM') {
      const [from = '', as, name] = instruction.text.split(/\s+/)
      const isNamed = as?.toUpperCase() === 'AS' && name !== undefined
      stages.push({ from, name: isNamed ? name : String(stages.length), instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`line ${number}: ${instruction.name} before the first FROM`)
      stage.instructions.push(instruction)
    }
  }
  return stages
}

/** Instructions of a stage and of the stages it begins with, the earliest first: what the image is made of. */
export function lineage(stages: readonly Stage[], name: string): readonly Instruction[] {
  const stage = stages.find(each => each.name === name)
  return stage === undefined ? [] : [...lineage(stages, stage.from), ...stage.instructions]
}

/** The words of ENTRYPOINT, CMD or HEALTHCHECK in the form that starts no shell; null for the other form. */
export function execForm(text: string): readonly string[] | null {
  const start = text.indexOf('[')
  if (start === -1) return null
  try {
    const words: unknown = JSON.parse(text.slice(start))
    return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : null
  } catch {
    return null
  }
}

/** Variables that the ENV instructions set, in order. */
export function environmentOf(instructions: readonly Instruction[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { name, text, line } of instructions) {
    if (name !== 'ENV') continue
    for (const pair of text.split(/\s+/)) {
      const at = pair.indexOf('=')
      if (at < 1 || /["'$]/.test(pair)) throw new Error(`line ${line}: ENV takes NAME=value without quotes and $ here`)
      found.set(pair.slice(0, at), pair.slice(at + 1))
    }
  }
  return found
}

function parseInstruction(line: string, number: number): Instruction {
  const match = /^(\S+)\s+((?:--\S+\s+)*)([^]+)$/.exec(line)
  const [, word = line, flagText = '', text = ''] = match ?? []
  const name = word.toUpperCase()
  if (!KNOWN.has(name)) throw new Error(`line ${number}: ${word} is not an instruction that this check knows`)
  if (text.includes('<<')) throw new Error(`line ${number}: heredocs are not known here`)
  const flags = flagText
    .split(/\s+/)
    .filter(flag => flag !== '')
    .map(flag => {
      const [key = '', ...value] = flag.slice(2).split('=')
      return [key, value.join('=')] as const
    })
  return { name, flags: new Map(flags), text: text.trim(), line: number }
}

function logicalLines(text: string): readonly { readonly text: string; readonly number: number }[] {
  const lines: { text: string; number: number }[] = []
  let parts: string[] = []
  let first = 0
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*#/.test(raw) || (raw.trim() === '' && parts.length === 0)) continue
    if (parts.length === 0) first = index + 1
    parts.push(raw.replace(/\\\s*$/, '').trim())
    if (/\\\s*$/.test(raw)) continue
    lines.push({ text: parts.join(' '), number: first })
    parts = []
  }
  return lines
}
