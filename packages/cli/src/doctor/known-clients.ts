import { type ClientSoftware, compareVersions, parseVersion, type Version } from './client-software.ts'

/** What the broker has seen of its clients; some problems need more than a version to be likely. */
export type Sign = 'idempotence' | 'consumer-protocol' | 'unsupported-version'

export interface ClientProblem {
  readonly library: string
  /** From the first to before the second version, each. */
  readonly versions: readonly (readonly [from: string, before: string])[]
  readonly problem: string
  readonly fixedIn: string
  /** Where it is documented. */
  readonly source: string
  readonly sign?: Sign
}

/** Each of these was looked up at its source: what happens, from which version on, and where it was fixed. */
export const CLIENT_PROBLEMS: readonly ClientProblem[] = [
  {
    library: 'librdkafka',
    versions: [['1.0.0', '2.3.0']],
    problem: 'an idempotent producer ends with "sequence desynchronization" after a lost connection',
    fixedIn: '2.3.0',
    source: 'confluentinc/librdkafka#4438',
    sign: 'idempotence'
  },
  {
    library: 'librdkafka',
    versions: [['2.2.0', '2.5.0']],
    problem: 'an idempotent producer ends with "Unable to reconstruct MessageSet" when it repeats a large batch',
    fixedIn: '2.5.0',
    source: 'confluentinc/librdkafka#4736',
    sign: 'idempotence'
  },
  {
    library: 'librdkafka',
    versions: [['1.6.0', '2.6.1']],
    problem: 'consumers with cooperative-sticky may loop for ever in an assignment, with a busy processor',
    fixedIn: '2.6.1',
    source: 'confluentinc/librdkafka#4783'
  },
  {
    library: 'librdkafka',
    versions: [['2.10.0', '2.10.1']],
    problem: 'after all brokers were down, as one broker is in a restart, clients may not come back',
    fixedIn: '2.10.1',
    source: 'confluentinc/librdkafka#5088'
  },
  {
    library: 'librdkafka',
    versions: [['2.2.0', '2.13.2']],
    problem: 'with enable.partition.eof, reading in batches moves the position one too far, and commits it',
    fixedIn: '2.13.2',
    source: 'confluentinc/librdkafka#4844'
  },
  {
    library: 'librdkafka',
    versions: [['2.4.0', '2.12.0']],
    problem: 'group.protocol=consumer is a preview, not for production',
    fixedIn: '2.12.0',
    source: "librdkafka's CHANGELOG, 2.10.0 and 2.12.0",
    sign: 'consumer-protocol'
  },
  {
    library: 'librdkafka',
    versions: [['2.12.0', '2.15.0']],
    problem: 'with group.protocol=consumer a member that exceeds max.poll.interval.ms ends with INVALID_REQUEST',
    fixedIn: '2.15.0',
    source: 'confluentinc/librdkafka#5541',
    sign: 'consumer-protocol'
  },
  {
    library: 'apache-kafka-java',
    versions: [
      ['2.8.0', '3.9.2'],
      ['4.0.0', '4.0.2'],
      ['4.1.0', '4.1.2']
    ],
    problem: 'a producer whose batch expires while it is sent may put its records into another topic',
    fixedIn: '3.9.2, 4.0.2, 4.1.2 or 4.2.0',
    source: 'KAFKA-19012, CVE-2026-35554'
  },
  {
    library: 'apache-kafka-java',
    versions: [
      ['3.0.0', '3.0.1'],
      ['3.1.0', '3.1.1']
    ],
    problem: 'producers are not idempotent by default although their documentation says so',
    fixedIn: '3.0.1, 3.1.1 or 3.2.0',
    source: 'KAFKA-13598'
  },
  {
    library: 'sarama',
    versions: [['1.0.0', '1.46.0']],
    problem:
      'it does not negotiate versions, and requests were closed for theirs: Config.Version does not fit this broker',
    fixedIn: '1.46.0, or another Config.Version',
    source: 'IBM/sarama#1916',
    sign: 'unsupported-version'
  }
]

/** The known problems of a version of a library, as far as the signs make them likely. */
export function problemsOf({ library, version }: ClientSoftware, signs: ReadonlySet<Sign>): ClientProblem[] {
  return CLIENT_PROBLEMS.filter(problem => {
    if (problem.library !== library || (problem.sign !== undefined && !signs.has(problem.sign))) return false
    return problem.versions.some(([from, before]) => isWithin(version, from, before))
  })
}

function isWithin(version: Version, from: string, before: string): boolean {
  const [first, last] = [parseVersion(from), parseVersion(before)]
  if (first === null || last === null) return false
  return compareVersions(version, first) >= 0 && compareVersions(version, last) < 0
}
