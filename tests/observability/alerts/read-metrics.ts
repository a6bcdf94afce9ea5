/** The samples of one scrape. */
export interface AdminMetrics {
  /** Of all series of a name; 0 without any. */
  sum(name: string): number
}

/** What a broker says now, past Prometheus. */
export async function readMetrics(adminUrl: string): Promise<AdminMetrics> {
  const lines = (await (await fetch(`${adminUrl}/metrics`)).text()).split('\n')
  return {
    sum(name) {
      const own = lines.filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    }
  }
}
