import readline from 'node:readline'
import type { Committed, JoinOptions } from '../member.ts'

/** A member inside a worker process of ours. */
export interface Member {
  leave(): Promise<void>
  commit(offsets: readonly Committed[], how: 'sync' | 'async'): Promise<void>
  committed(partitions: readonly number[]): Promise<readonly Committed[]>
  seek(partition: number, offset: number): Promise<void>
}

/** Tells what happened; `gains` and `losses` are worked out from the whole assignment. */
export class Reporter {
  readonly #member: string
  #owned: readonly number[] = []

  constructor(member: string) {
    this.#member = member
  }

  /** The member has exactly these now. */
  owns(partitions: readonly number[], generation: number | null): void {
    const lost = this.#owned.filter(partition => !partitions.includes(partition))
    const gained = partitions.filter(partition => !this.#owned.includes(partition))
    this.#owned = [...partitions]
    if (lost.length > 0) this.#tell({ event: 'revoked', partitions: lost, generation })
    if (gained.length > 0) this.#tell({ event: 'assigned', partitions: gained, generation })
  }

  records(partition: number, offsets: readonly number[]): void {
    this.#tell({ event: 'records', partition, offsets })
  }

  failed(error: unknown): void {
    this.#tell({ event: 'failed', message: String(error) })
  }

  #tell(event: object): void {
    print({ ...event, member: this.#member, atMs: Date.now() })
  }
}

interface Question extends JoinOptions {
  readonly id: number
  readonly operation: 'join' | 'leave' | 'commit' | 'committed' | 'seek'
  readonly member: string
  readonly offsets: readonly Committed[]
  readonly how: 'sync' | 'async'
  readonly partitions: readonly number[]
  readonly partition: number
  readonly offset: number
}

type OpenMember = (options: JoinOptions, reporter: Reporter) => Promise<Member>

/** Answers questions from standard input until it ends (worker-host.ts). */
export async function serve(version: string, open: OpenMember): Promise<void> {
  const members = new Map<string, Member>()
  print({ version })
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line) as Question
    answer(question, members, open)
      .then(found => print({ id: question.id, answer: found }))
      .catch((error: unknown) => print({ id: question.id, error: String((error as Error).stack ?? error) }))
  }
  process.exit(0)
}

async function answer(question: Question, members: Map<string, Member>, open: OpenMember): Promise<unknown> {
  if (question.operation === 'join') {
    members.set(question.member, await open(question, new Reporter(question.member)))
    return null
  }
  const member = members.get(question.member)
  if (member === undefined) throw new Error(`no member ${question.member}`)
  switch (question.operation) {
    case 'leave':
      members.delete(question.member)
      await member.leave()
      return null
    case 'commit':
      await member.commit(question.offsets, question.how)
      return null
    case 'committed':
      return member.committed(question.partitions)
    case 'seek':
      await member.seek(question.partition, question.offset)
      return null
  }
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
