import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EnterOptions } from './container-root.ts'
import { environmentOf, execForm, lineage } from './dockerfile.ts'
import type { Image } from './dockerfile-steps.ts'

const START_MS_MAX = 60_000
const STOP_MS_MAX = 30_000
const OUTPUT_CHARACTERS_MAX = 64 * 1024

/** What the last instruction of that name says, in the form without a shell. Throws when it starts one. */
export function imageCommand(
  image: Pick<Image, 'stages'>,
  name: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'
): readonly string[] {
  const stage = image.stages.at(-1)?.name ?? ''
  const text = lineage(image.stages, stage).findLast(instruction => instruction.name === name)?.text ?? ''
  const words = execForm(text)
  if (words === null) throw new Error(`${name} starts a shell or is missing: ${text}`)
  return words
}

/** Variables that the image gives every container. */
export function imageEnvironment(image: Pick<Image, 'stages'>): ReadonlyMap<string, string> {
  return environmentOf(lineage(image.stages, image.stages.at(-1)?.name ?? ''))
}

/** One `docker run`: entry point and command of the image as process 1, in namespaces of its own. */
export class Container {
  readonly #image: Image
  readonly #environment: ReadonlyMap<string, string>
  readonly #child: ChildProcess
  #output = ''

  private constructor(image: Image, options: EnterOptions) {
    this.#image = image
    this.#environment = new Map([...image.environment, ...(options.environment ?? [])])
    const command = [...imageCommand(image, 'ENTRYPOINT'), ...imageCommand(image, 'CMD')]
    const { workingDirectory } = image
    // Whoever USER names, unless `docker run --user` names another.
    const user = options.user === undefined ? image.user : options.user
    const [file = '', ...args] = image.root.enter(command, {
      ...options,
      environment: this.#environment,
      workingDirectory,
      user
    })
    this.#child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const note = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)
    }
    this.#child.stdout?.on('data', note)
    this.#child.stderr?.on('data', note)
  }

  /** Waits until the image's own health check says yes. Throws with the output when it does not. */
  static async run(image: Image, options: EnterOptions): Promise<Container> {
    const container = new Container(image, options)
    const untilMs = Date.now() + START_MS_MAX
    while (container.#isRunning && Date.now() < untilMs) {
      if (container.checkHealth()) return container
      await sleep(200)
    }
    container.kill()
    throw new Error(`the container did not become healthy; it printed:\n${container.output}`)
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output
  }

  /** What /proc says of process 1: its name and its user. */
  get init(): { readonly name: string; readonly uid: number; readonly isProcess1: boolean } {
    const status = fs.readFileSync(`/proc/${this.#initPid}/status`, 'latin1')
    const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? ''
    const name = fs.readlinkSync(`/proc/${this.#initPid}/exe`).split('/').at(-1) ?? ''
    return { name, uid: Number(field('Uid').split('\t')[0]), isProcess1: field('NSpid').endsWith('\t1') }
  }

  /** The image's HEALTHCHECK, run as Docker does: inside, with the container's variables. */
  checkHealth(): boolean {
    try {
      return this.exec(imageCommand(this.#image, 'HEALTHCHECK')).status === 0
    } catch {
      // There is no process 1 yet.
      return false
    }
  }

  /** `docker exec`. */
  exec(command: readonly string[], input = ''): { readonly status: number | null; readonly text: string } {
    const variables = [...this.#environment].map(([name, value]) => `${name}=${value}`)
    const inside = ['env', '-i', ...variables, ...command]
    const args = ['--target', String(this.#initPid), '--mount', '--pid', '--net', '--root', '--wd', '--', ...inside]
    const { status, stdout, stderr } = spawnSync('nsenter', args, { encoding: 'utf8', input, timeout: START_MS_MAX })
    return { status, text: `${stdout}${stderr}` }
  }

  /** `docker stop`: SIGTERM to process 1. Returns the exit code; null when it took too long and was killed. */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit') as Promise<[number | null]>
    process.kill(this.#initPid, 'SIGTERM')
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX)
    const [code] = await exited
    clearTimeout(killer)
    return code
  }

  /** Ends it at once, if it still runs. */
  kill(): void {
    if (this.#isRunning) this.#child.kill('SIGKILL')
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** On the machine. Throws while unshare has not forked yet. */
  get #initPid(): number {
    const pid = this.#child.pid ?? 0
    const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    if (children === '') throw new Error('the container has no process')
    return Number(children.split(' ')[0])
  }
}
