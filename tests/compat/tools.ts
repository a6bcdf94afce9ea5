import { run, runOk } from './run.ts'
import { hasJava, kafkaClasspath, NO_KAFKA } from './runtimes.ts'

/** Apache Kafka's own command-line tools. */
const TOOLS = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  'console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'dump-log': 'org.apache.kafka.tools.DumpLogSegments'
} as const
export type ToolName = keyof typeof TOOLS

const classpath = await kafkaClasspath()

/** Why they cannot run here; null when they can. */
export const noTools: string | null =
  classpath === null ? NO_KAFKA : (await hasJava()) ? null : 'java is not on the PATH'

/** Of the `java` command. */
export function toolArguments(name: ToolName, rest: readonly string[]): string[] {
  return ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', classpath ?? '', TOOLS[name], ...rest]
}

/** What it prints; throws when its code is not 0. */
export async function tool(name: ToolName, rest: readonly string[], input?: Buffer): Promise<string> {
  const printed = await runOk('java', toolArguments(name, rest), input === undefined ? {} : { input })
  return printed.toString()
}

/** All that it prints, whatever its code is. */
export async function toolSays(name: ToolName, rest: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('java', toolArguments(name, rest))
  return stdout.toString() + stderr
}
