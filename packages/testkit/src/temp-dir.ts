import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface TempDir {
  readonly path: string
  /** Fine when it is gone already. */
  remove(): void
}

/** A fresh directory below the system's temporary one, or below $STREAMBUS_TEST_DIR for tests on another disk. */
export function tempDir(label: string): TempDir {
  const parent = process.env['STREAMBUS_TEST_DIR'] ?? os.tmpdir()
  const directory = fs.mkdtempSync(path.join(parent, `streambus-${label}-`))
  return { path: directory, remove: () => fs.rmSync(directory, { recursive: true, force: true }) }
}
