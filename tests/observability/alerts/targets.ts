import fs from 'node:fs'

export interface TargetLabels {
  readonly cluster: string
  readonly job?: string
  /** Interval and time limit of its own. */
  readonly scrapeSeconds?: number | undefined
}

interface Target {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** What Prometheus scrapes, in a file that it watches. */
export class Targets {
  readonly file: string
  readonly #targets = new Set<Target>()
  #isHidden = false

  constructor(file: string) {
    this.file = file
    this.#write()
  }

  /** Returns how to remove it. */
  add(address: string, { scrapeSeconds, ...labels }: TargetLabels): () => void {
    const pace =
      scrapeSeconds === undefined
        ? {}
        : { __scrape_interval__: `${scrapeSeconds}s`, __scrape_timeout__: `${scrapeSeconds}s` }
    const target = { targets: [address], labels: { ...labels, ...pace } }
    this.#targets.add(target)
    this.#write()
    return () => {
      this.#targets.delete(target)
      this.#write()
    }
  }

  /** None is scraped until the function that is returned is called. */
  hide(): () => void {
    this.#isHidden = true
    this.#write()
    return () => {
      this.#isHidden = false
      this.#write()
    }
  }

  #write(): void {
    // Renamed into its place: a half-written file would be no targets.
    fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.#isHidden ? [] : [...this.#targets]))
    fs.renameSync(`${this.file}.new`, this.file)
  }
}
