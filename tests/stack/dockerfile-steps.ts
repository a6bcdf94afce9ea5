import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ContainerRoot } from './container-root.ts'
import { contextFiles } from './docker-ignore.ts'
import { environmentOf, type Instruction, parseDockerfile, type Stage } from './dockerfile.ts'

const STEP_MS_MAX = 300_000

export interface BuildOptions {
  /** The build context. */
  readonly repository: string
  readonly dockerfile: string
  /** An empty folder; one below it for each stage. */
  readonly folder: string
  readonly report: (line: string) => void
}

/** What a build leaves behind. */
export interface Image {
  readonly root: ContainerRoot
  readonly stages: readonly Stage[]
  readonly environment: ReadonlyMap<string, string>
  readonly workingDirectory: string
  /** Null: root. */
  readonly user: number | null
}

type StageState = Omit<Image, 'stages'>

/** Runs the steps of every stage one by one, in root file systems that hold nothing else. Throws at a failure. */
export function buildImage(options: BuildOptions): Image {
  const stages = parseDockerfile(fs.readFileSync(options.dockerfile, 'utf8'))
  const files = contextFiles(options.repository)
  const base = ContainerRoot.createBase(path.join(options.folder, 'base-image'))
  const built = new Map<string, StageState>()
  for (const { name, from, instructions } of stages) {
    const parent = built.get(from)
    const root = (parent?.root ?? base).copyTo(path.join(options.folder, `stage-${name}`))
    options.report(`FROM ${from} AS ${name}${parent === undefined ? ' (imitated: the user land of this machine)' : ''}`)
    const environment = new Map([
      ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'],
      ['HOME', '/root']
    ])
    let state: StageState = {
      root,
      user: parent?.user ?? null,
      environment: parent?.environment ?? environment,
      workingDirectory: parent?.workingDirectory ?? '/'
    }
    for (const instruction of instructions) state = runStep(instruction, state, { ...options, files, built })
    built.set(name, state)
  }
  const last = built.get(stages.at(-1)?.name ?? '')
  if (last === undefined) throw new Error(`${options.dockerfile} has no stage`)
  return { ...last, stages }
}

interface StepContext extends BuildOptions {
  readonly files: readonly string[]
  readonly built: ReadonlyMap<string, StageState>
}

function runStep(instruction: Instruction, state: StageState, context: StepContext): StageState {
  const { name, text } = instruction
  context.report(`  ${name} ${text.length > 100 ? `${text.slice(0, 97)}…` : text}`)
  if (name === 'RUN') runCommand(instruction, state)
  else if (name === 'COPY') copy(instruction, state, context)
  else if (name === 'ENV') {
    return { ...state, environment: new Map([...state.environment, ...environmentOf([instruction])]) }
  } else if (name === 'WORKDIR') {
    const workingDirectory = path.posix.resolve(state.workingDirectory, text)
    fs.mkdirSync(state.root.locate(workingDirectory), { recursive: true })
    return { ...state, workingDirectory }
  } else if (name === 'USER') {
    const id = spawnSync('sh', [
      '-c',
      `awk -F: -v u=${text} '$1 == u { print $3 }' ${state.root.locate('/etc/passwd')}`
    ])
    const user = Number(/^\d+$/.test(text) ? text : String(id.stdout).trim() || Number.NaN)
    if (Number.isNaN(user)) throw new Error(`line ${instruction.line}: the base image has no user ${text}`)
    return { ...state, user: user === 0 ? null : user }
  } else if (name === 'VOLUME') fs.mkdirSync(state.root.locate(text), { recursive: true })
  // The rest describes the image and runs nothing.
  return state
}

function runCommand({ text, line }: Instruction, state: StageState): void {
  const { root, user, workingDirectory } = state
  const environment = new Map([...state.environment, ...networkSettings()])
  const [file = '', ...args] = root.enter(['sh', '-c', text], { environment, workingDirectory, user, hasNetwork: true })
  const { status, signal, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: STEP_MS_MAX })
  if (status === 0) return
  throw new Error(`line ${line}: RUN ended with ${status ?? signal}\n${stdout}${stderr}`)
}

function copy({ flags, text, line }: Instruction, state: StageState, context: StepContext): void {
  const words = text.split(/\s+/)
  const to = words.at(-1) ?? ''
  const target = state.root.locate(path.posix.resolve(state.workingDirectory, to))
  const from = flags.get('from')
  const source = from === undefined ? null : context.built.get(from)
  if (source === undefined) throw new Error(`line ${line}: COPY --from=${from ?? ''} names no earlier stage`)
  for (const word of words.slice(0, -1)) {
    const isInto = to.endsWith('/')
    if (source === null) copyContext(word, isInto ? path.join(target, path.basename(word)) : target, context)
    else {
      const origin = source.root.locate(path.posix.resolve('/', word))
      if (!fs.existsSync(origin)) throw new Error(`line ${line}: stage ${from ?? ''} has no ${word}`)
      fs.mkdirSync(target, { recursive: true })
      const contents = fs.statSync(origin).isDirectory() ? `${origin}/.` : origin
      execFileSync('cp', ['-a', '--reflink=auto', contents, target])
    }
  }
  const mode = flags.get('chmod')
  if (mode !== undefined) execFileSync('chmod', [mode, target])
}

/** A file to `target`, or what is in a folder into `target`; owned by root, as COPY does. */
function copyContext(word: string, target: string, { repository, files }: StepContext): void {
  const chosen = files.filter(file => file === word || file.startsWith(`${word}/`))
  if (chosen.length === 0) throw new Error(`COPY ${word}: not in the build context; see .dockerignore`)
  for (const file of chosen) {
    const place = file === word ? target : path.join(target, file.slice(word.length + 1))
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.copyFileSync(path.join(repository, file), place)
    fs.chmodSync(place, fs.statSync(path.join(repository, file)).mode & 0o777)
    fs.chownSync(place, 0, 0)
  }
}

/** How this machine reaches its package registry; a build elsewhere has its own way. */
function networkSettings(): [string, string][] {
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim()
  const names = [
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'NODE_EXTRA_CA_CERTS'
  ]
  const settings = names.flatMap(name => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as [string, string]]
  })
  return [...settings, ['npm_config_registry', registry], ['npm_config_update_notifier', 'false']]
}
