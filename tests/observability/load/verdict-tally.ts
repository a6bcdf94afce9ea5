import { errorByCode } from '@streambus/protocol'
import { Counts } from './counts.ts'
import { isServersFault } from './error-classes.ts'

/** Whether answers say that all went well, and if not, whose fault that was. By API as on the wire. */
export class VerdictTally {
  /** Error codes by API and name. */
  readonly errors = new Counts()
  /** Parts of answers (of topics, partitions, groups) by API: `good`, or `bad` where the server is at fault. */
  readonly parts = new Counts()
  /** The same, and one for each answer without parts. */
  readonly results = new Counts()

  answer(api: string, body: unknown): void {
    const found = { good: 0, bad: 0 }
    this.#look(api, body, { found, isPart: false })
    this.parts.add(found.good, api, 'good')
    this.parts.add(found.bad, api, 'bad')
    this.results.add(found.good + found.bad === 0 ? 1 : found.good, api, 'good')
    this.results.add(found.bad, api, 'bad')
  }

  #look(api: string, value: unknown, { found, isPart }: { found: Found; isPart: boolean }): void {
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
    if (Array.isArray(value)) {
      for (const each of value) this.#look(api, each, { found, isPart: true })
      return
    }
    for (const [name, field] of Object.entries(value)) {
      if (name !== 'errorCode') this.#look(api, field, { found, isPart: true })
      else this.#judge(api, Number(field), { found, isPart })
    }
  }

  #judge(api: string, code: number, { found, isPart }: { found: Found; isPart: boolean }): void {
    const error = errorByCode(code).name
    if (code !== 0) this.errors.add(1, api, error)
    if (code !== 0 && isServersFault(error)) found.bad++
    else if (isPart) found.good++
  }
}

interface Found {
  good: number
  bad: number
}
