import fs from 'node:fs'
import path from 'node:path'
import { Container } from './container.ts'
import { type EnterOptions, NODE_UID } from './container-root.ts'
import type { Image } from './dockerfile-steps.ts'

export interface ContainerChecks {
  readonly image: Image
  /** For data directories. */
  readonly folder: string
  readonly report: (line: string) => void
}

/** Everything a container of the image has to do, in the three ways it is started. Throws at the first that fails. */
export async function checkContainers(checks: ContainerChecks): Promise<void> {
  checkContents(checks)
  await checkBindMount(checks)
  await checkRestricted(checks)
  await checkOtherSettings(checks)
}

/** No tests, no development packages, and nothing of the program that the broker could change. */
function checkContents({ image, report }: ContainerChecks): void {
  const program = image.root.locate('/opt/streambus')
  const files = fs.readdirSync(program, { recursive: true, encoding: 'utf8' })
  expect(!files.some(file => /^packages\/[^/]+\/test(\/|$)/.test(file)), 'the image holds tests')
  for (const name of ['typescript', 'vitest', 'node', 'kafkajs', '@biomejs']) {
    expect(!files.includes(`node_modules/${name}`), `the image holds the development package ${name}`)
  }
  const foreign = files.filter(file => fs.lstatSync(path.join(program, file)).uid !== 0)
  expect(foreign.length === 0, `not root's: ${foreign.slice(0, 3).join(', ')}`)
  report(`contents: ${files.length} files, owned by root, no tests, no development packages`)
}

/** `-v ./data:/data` where ./data did not exist: Docker makes it as root. The compose file of the monitoring guide. */
async function checkBindMount({ image, folder, report }: ContainerChecks): Promise<void> {
  const data = path.join(folder, 'data made by docker')
  fs.mkdirSync(data)
  const options: EnterOptions = { mounts: new Map([['data', data]]) }
  await inContainer(image, options, container => {
    const { name, uid, isProcess1 } = container.init
    expect(name === 'node' && isProcess1, `process 1 is ${name}, not node`)
    expect(uid === NODE_UID, `process 1 runs as ${uid}, not ${NODE_UID}`)
    expect(fs.statSync(data).uid === NODE_UID, 'the data directory is still owned by root')
    expectReady(container)
    expectOk(container.exec(['streambus', 'topic', 'create', 'orders', '--partitions', '2']), 'topic create')
    expectOk(container.exec(['streambus', 'produce', 'orders'], 'hello\n'), 'produce')
  })
  await inContainer(image, options, container => {
    const { status, text } = container.exec(['streambus', 'consume', 'orders'])
    expect(status === 0 && text.includes('hello'), `a restart lost the record: ${text}`)
  })
  report('bind mount made by root: node is process 1 as user 1000, healthy, ready; a record survives stop and start')
}

/** As deploy/kubernetes and docker/compose.yaml start it: another user, no capability, a root file system read-only. */
async function checkRestricted({ image, folder, report }: ContainerChecks): Promise<void> {
  const data = path.join(folder, 'volume')
  fs.mkdirSync(data)
  fs.chownSync(data, NODE_UID, NODE_UID)
  const mounts = new Map([
    ['data', data],
    ['tmp', '']
  ])
  await inContainer(image, { user: NODE_UID, isReadOnly: true, mounts }, container => {
    const { name, uid, isProcess1 } = container.init
    expect(name === 'node' && isProcess1 && uid === NODE_UID, `process 1 is ${name} as ${uid}`)
    expectReady(container)
    expectOk(container.exec(['streambus', 'topic', 'list']), 'topic list')
  })
  report('user 1000, no capabilities, read-only root: healthy, ready, stops cleanly')
}

/** The health check follows the setting, and the packages that only tracing needs are there. */
async function checkOtherSettings({ image, folder, report }: ContainerChecks): Promise<void> {
  const data = path.join(folder, 'other settings')
  fs.mkdirSync(data)
  const environment = new Map([
    ['STREAMBUS_ADMIN_LISTENER', '127.0.0.1:9999'],
    ['STREAMBUS_TRACING_OTLP_ENDPOINT', 'http://127.0.0.1:4318']
  ])
  // It is healthy when `run` returns.
  await inContainer(image, { environment, mounts: new Map([['data', data]]) }, () => {})
  report('another admin port, tracing on: the health check finds it, the packages for tracing are there')
}

/** Runs one, looks at it, and stops it as `docker stop` does. */
async function inContainer(image: Image, options: EnterOptions, look: (container: Container) => void): Promise<void> {
  const container = await Container.run(image, options)
  try {
    look(container)
    const code = await container.stop()
    expect(code === 0, `SIGTERM to process 1 ended with ${code ?? 'SIGKILL'}; it printed:\n${container.output}`)
  } finally {
    container.kill()
  }
}

function expectReady(container: Container): void {
  const ask = 'fetch("http://127.0.0.1:8080/health/ready").then(r => process.exit(r.status === 200 ? 0 : 1))'
  expectOk(container.exec(['node', '-e', ask]), '/health/ready')
}

function expectOk(result: { readonly status: number | null; readonly text: string }, what: string): void {
  expect(result.status === 0, `${what} ended with ${result.status}: ${result.text}`)
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}
