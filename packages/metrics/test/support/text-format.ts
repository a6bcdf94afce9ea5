/** A deliberately small reader of the text format 0.0.4: `types` by metric, `values` by series as spelled. */
export interface Scrape {
  readonly types: ReadonlyMap<string, string>
  readonly values: ReadonlyMap<string, number>
}

export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>()
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (type !== null) types.set(type[1] as string, type[2] as string)
    const sample = /^([a-zA-Z_:][^ {]*(?:\{.*\})?) (\S+)$/.exec(line)
    if (sample === null) continue
    const series = sample[1] as string
    if (values.has(series)) throw new Error(`series twice: ${series}`)
    values.set(series, Number(sample[2]))
  }
  return { types, values }
}
