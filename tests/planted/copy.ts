import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempDir } from '@streambus/testkit'
import { type Bug, plant } from './bug.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COPIED = ['packages', 'bench', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const OWN_SCOPE = '@streambus'

/** A copy of the sources in which bugs can be planted; packages come from the original, our own from the copy. */
export class TreeCopy {
  readonly path: string
  readonly #remove: () => void

  constructor() {
    const { path: root, remove } = tempDir('planted')
    this.path = root
    this.#remove = remove
    const options = { recursive: true, filter: (source: string) => path.basename(source) !== 'node_modules' }
    for (const name of COPIED) fs.cpSync(path.join(ROOT, name), path.join(root, name), options)
    const modules = path.join(root, 'node_modules')
    fs.mkdirSync(path.join(modules, OWN_SCOPE), { recursive: true })
    for (const name of fs.readdirSync(path.join(ROOT, 'node_modules'))) {
      if (name !== OWN_SCOPE) fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name))
    }
    for (const name of fs.readdirSync(path.join(root, 'packages'))) {
      fs.symlinkSync(path.join(root, 'packages', name), path.join(modules, OWN_SCOPE, name))
    }
  }

  /** The returned function takes the bug out again. */
  plant(bug: Bug): () => void {
    const target = path.join(this.path, bug.file)
    const text = fs.readFileSync(target, 'utf8')
    fs.writeFileSync(target, plant(bug, text))
    return () => fs.writeFileSync(target, text)
  }

  remove(): void {
    this.#remove()
  }
}
