import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/**
 * A fresh directory under $STREAMBUS_BENCH_DIR or the system's temporary one. It must be on the kind of disk that a
 * broker would use, not in memory.
 */
export function temporaryDirectory(name: string): string {
  const parent = process.env['STREAMBUS_BENCH_DIR'] ?? os.tmpdir()
  return fs.mkdtempSync(path.join(parent, `streambus-bench-${name}-`))
}
