/**
 * Tries again until `check` does not throw, for at most `timeoutMs`: metadata of another connection may lag behind by a
 * moment on a real cluster.
 */
export async function eventually(check: () => void | Promise<void>, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
