/** Metadata of another connection may lag behind by a moment on a real cluster. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}
