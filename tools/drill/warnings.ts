/** From now on this process prints no warnings of these names; all others as ever. For programs, not for libraries. */
export function leaveOutWarnings(names: ReadonlySet<string>): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', warning => {
    if (!names.has(warning.name)) for (const print of printers) print(warning)
  })
}
