import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** The base image's own user. */
export const NODE_UID = 1000

/** Why containers cannot be imitated here; null when they can. */
export function whyNoContainers(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root, for chroot and mounts'
  for (const tool of ['unshare', 'nsenter', 'chroot', 'setpriv', 'mount', 'ip', 'npm']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `needs ${tool} on the PATH`
  }
  const { status, stderr } = spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true'], { encoding: 'utf8' })
  return status === 0 ? null : `namespaces are not allowed here: ${stderr.trim()}`
}

/** What a root file system borrows from the machine instead of having a copy. */
interface Borrowed {
  readonly node: string
  readonly npm: string
}

/**
 * A root file system in a folder. It imitates the base image: the machine's /usr read-only, an empty /usr/local with
 * this process's Node and npm, the user `node`, and nothing else.
 */
export class ContainerRoot {
  readonly folder: string
  readonly #borrowed: Borrowed

  private constructor(folder: string, borrowed: Borrowed) {
    this.folder = folder
    this.#borrowed = borrowed
  }

  static createBase(folder: string): ContainerRoot {
    const borrowed = { node: fs.realpathSync(process.execPath), npm: npmFolder() }
    const root = new ContainerRoot(folder, borrowed)
    for (const name of ['usr', 'proc', 'dev', 'root', 'etc/ssl', 'local/bin', 'local/lib/node_modules/npm', 'tmp']) {
      fs.mkdirSync(path.join(folder, name), { recursive: true })
    }
    for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
      if (fs.existsSync(`/usr/${name}`)) fs.symlinkSync(`usr/${name}`, path.join(folder, name))
    }
    for (const name of ['dev/null', 'dev/zero', 'dev/random', 'dev/urandom', 'local/bin/node']) {
      fs.writeFileSync(path.join(folder, name), '')
    }
    fs.symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(folder, 'local/bin/npm'))
    fs.chmodSync(path.join(folder, 'tmp'), 0o1777)
    fs.mkdirSync(path.join(folder, 'home/node'), { recursive: true })
    fs.chownSync(path.join(folder, 'home/node'), NODE_UID, NODE_UID)
    const user = `node:x:${NODE_UID}:${NODE_UID}::/home/node:/bin/sh`
    fs.writeFileSync(path.join(folder, 'etc/passwd'), `root:x:0:0:root:/root:/bin/sh\n${user}\n`)
    fs.writeFileSync(path.join(folder, 'etc/group'), `root:x:0:\nnode:x:${NODE_UID}:\n`)
    for (const name of ['resolv.conf', 'hosts', 'nsswitch.conf']) {
      if (fs.existsSync(`/etc/${name}`)) fs.copyFileSync(`/etc/${name}`, path.join(folder, 'etc', name))
    }
    return root
  }

  /** A copy in another folder: what a stage of a build begins with. */
  copyTo(folder: string): ContainerRoot {
    fs.mkdirSync(path.dirname(folder), { recursive: true })
    execFileSync('cp', ['-a', '--reflink=auto', this.folder, folder])
    return new ContainerRoot(folder, this.#borrowed)
  }

  /** Where a path of the container lies on the machine. */
  locate(inside: string): string {
    const absolute = path.posix.resolve('/', inside)
    const local = absolute === '/usr/local' || absolute.startsWith('/usr/local/')
    return path.join(this.folder, local ? absolute.replace('/usr/local', '/local') : absolute)
  }

  /**
   * The command line that runs `command` in here, as process 1 of a pid namespace of its own. Without a network but the
   * loopback interface unless `hasNetwork`.
   */
  enter(command: readonly string[], options: EnterOptions): readonly string[] {
    const { environment = new Map<string, string>(), workingDirectory = '/', user = null, mounts = new Map() } = options
    const isolation = ['--mount', '--pid', '--fork', '--kill-child', ...(options.hasNetwork === true ? [] : ['--net'])]
    const variables = [...environment].map(([name, value]) => `${name}=${value}`)
    const drop = ['--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
    const become = user === null ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, ...drop, '--']
    const inside = ['sh', '-c', 'cd "$0" && exec "$@"', workingDirectory, ...command]
    const chroot = ['chroot', this.folder, 'env', '-i', ...variables, ...become, ...inside]
    return ['unshare', ...isolation, 'sh', '-c', this.#mountScript(options, mounts), 'sh', ...chroot]
  }

  #mountScript(options: EnterOptions, mounts: ReadonlyMap<string, string>): string {
    const at = (inside: string): string => quote(path.join(this.folder, inside))
    const bind = (from: string, inside: string): string => `mount --bind ${quote(from)} ${at(inside)}`
    const lines = [
      'set -e',
      // A mount of its own, so that it can be made read-only without its sub-mounts.
      `mount --bind ${quote(this.folder)} ${quote(this.folder)}`,
      bind('/usr', 'usr'),
      `mount -o remount,ro,bind ${at('usr')}`,
      bind(path.join(this.folder, 'local'), 'usr/local'),
      bind(this.#borrowed.node, 'usr/local/bin/node'),
      bind(this.#borrowed.npm, 'usr/local/lib/node_modules/npm'),
      bind('/etc/ssl', 'etc/ssl'),
      ...['null', 'zero', 'random', 'urandom'].map(name => bind(`/dev/${name}`, `dev/${name}`)),
      `mount -t proc proc ${at('proc')}`,
      ...[...mounts].map(([inside, from]) => (from === '' ? `mount -t tmpfs tmpfs ${at(inside)}` : bind(from, inside))),
      ...(options.isReadOnly === true ? [`mount -o remount,ro,bind ${quote(this.folder)}`] : []),
      ...(options.isReadOnly === true ? [`mount -o remount,ro,bind ${at('usr/local')}`] : []),
      ...(options.hasNetwork === true ? [] : ['ip link set lo up']),
      'exec "$@"'
    ]
    return lines.join('\n')
  }
}

export interface EnterOptions {
  readonly environment?: ReadonlyMap<string, string>
  readonly workingDirectory?: string
  /** Null: root. A number: that user, without any capability. */
  readonly user?: number | null
  /** Folders of the machine by where they appear inside; empty: a fresh tmpfs. */
  readonly mounts?: ReadonlyMap<string, string>
  readonly isReadOnly?: boolean
  /** The machine's network instead of none. */
  readonly hasNetwork?: boolean
}

function npmFolder(): string {
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
  return path.resolve(path.dirname(fs.realpathSync(npm)), '..')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
