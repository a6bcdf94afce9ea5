import { deleteGroupsApi, errorByCode, findCoordinatorApi, offsetCommitApi } from '@streambus/protocol'
import type { Connection } from '@streambus/wire-client'
import { mustRun } from '../../../tools/drill/run-cli.ts'
import { connect } from '../connect.ts'

const TOPIC = 'hoard'
const PARTITIONS = 100
/** The most that the broker keeps with an offset. */
const METADATA = 'x'.repeat(4096)

/** Commits of groups that nobody needs, each with 400 KiB of metadata, which the broker keeps in memory. */
export class Hoard {
  readonly #connection: Connection
  #groups = 0

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  static async open(bootstrap: string): Promise<Hoard> {
    await mustRun(bootstrap, ['topic', 'create', TOPIC, '--partitions', String(PARTITIONS)])
    const connection = await connect(bootstrap)
    // Whoever asks for a coordinator first makes the topic of the offsets.
    await connection.send(findCoordinatorApi, { key: 'hoard', keyType: 0 }, { version: 3 })
    return new Hoard(connection)
  }

  async add(): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: 0,
      committedMetadata: METADATA
    }))
    const answer = await this.#connection.send(
      offsetCommitApi,
      { groupId: `hoard-${this.#groups++}`, memberId: '', topics: [{ name: TOPIC, partitions }] },
      { version: 8 }
    )
    const { errorCode = 0 } = answer.topics[0]?.partitions[0] ?? {}
    if (errorCode !== 0) throw new Error(`a commit is answered with ${errorByCode(errorCode).name}`)
  }

  async clear(): Promise<void> {
    const groupsNames = Array.from({ length: this.#groups }, (_, index) => `hoard-${index}`)
    await this.#connection.send(deleteGroupsApi, { groupsNames })
    this.#connection.destroy()
  }
}
