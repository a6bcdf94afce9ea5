// Runs before `npm start` and `npm test`, so that both work from a fresh clone. Plain JavaScript: on the first run
// nothing is installed yet and the Node that runs this may be as old as 20.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24

/** What the installed packages were installed from. A hash, because git sets file times at will. */
export function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function stampPath(root) {
  return join(root, 'node_modules', '.streambus-lock')
}

/** True when node_modules is what package-lock.json says, as far as the last set-up or npm itself knows. */
export function isInstalled(root) {
  const stamp = stampPath(root)
  return (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === lockHash(root)) || isInstalledByNpm(root)
}

/** npm notes what it has installed; what is optional may be for another system. */
function isInstalledByNpm(root) {
  const note = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(note)) return false
  const [installed, locked] = [note, join(root, 'package-lock.json')].map(
    file => JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  )
  return Object.entries(locked).every(
    ([place, { version, optional }]) =>
      !place.startsWith('node_modules/') || optional === true || installed[place]?.version === version
  )
}

/** The search path without node_modules/.bin: `npm ci` deletes the Node in there while it runs. */
export function pathWithoutLocalBin(path) {
  return path
    .split(delimiter)
    .filter(entry => !/node_modules[\\/]\.bin[\\/]?$/.test(entry))
    .join(delimiter)
}

function fail(lines) {
  process.stderr.write(`${lines.map(line => `setup: ${line}`).join('\n')}\n`)
  return 1
}

function install(root) {
  process.stderr.write('setup: installing what package-lock.json names (npm ci); once, then only after it changes\n')
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutLocalBin(process.env.PATH ?? '') },
    // Standard output belongs to the command this runs for.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32'
  })
  if (result.error !== undefined) return fail([`npm did not start (${result.error.message}); is it on the PATH?`])
  if (result.status !== 0) {
    return fail([
      `npm ci ended with code ${result.status ?? result.signal}; its own message is above`,
      'check that the package registry can be reached (npm ping) and that the disk is not full, then try again'
    ])
  }
  writeFileSync(stampPath(root), `${lockHash(root)}\n`)
  return 0
}

function majorOf(version) {
  return Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0)
}

/** npm puts node_modules/.bin first, so the pinned Node runs all scripts once it is there. */
function checkNode(root) {
  if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) return 0
  const pinned = join(root, 'node_modules', '.bin', 'node')
  const found = existsSync(pinned) ? spawnSync(pinned, ['--version'], { encoding: 'utf8' }).stdout : ''
  if (majorOf(found ?? '') >= NODE_MAJOR_MIN) return 0
  return fail([
    `the pinned Node ${NODE_MAJOR_MIN} is not at ${pinned}${found ? ` (there is ${found.trim()})` : ''}`,
    'its install script may have been refused: npm install-scripts approve node, or npm config set ignore-scripts false;',
    `then remove node_modules and try again, or put Node ${NODE_MAJOR_MIN} or newer on the PATH`
  ])
}

/** Exit code. */
export function setUp(root) {
  if (!isInstalled(root)) {
    const code = install(root)
    if (code !== 0) return code
  }
  return checkNode(root)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = setUp(fileURLToPath(new URL('..', import.meta.url)))
