import {
  buckets,
  type Cardinality,
  type Definition,
  owners,
  type Scope,
  sections,
  spellBound
} from '@streambus/metrics'

/** Where `npm run docs:metrics` writes the page. */
export const METRICS_PAGE = 'docs/METRICS.md'

const SCOPES: Record<Scope, string> = {
  local: 'broker',
  cluster: 'cluster',
  owner: 'owner'
}

const CLASSES: Record<Cardinality, string> = { A: 'A', T: 'T: topic', G: 'G: group', P: 'P: partition' }

const INTRODUCTION = `# Metrics

Every metric of \`GET /metrics\`, as the catalogue of \`packages/metrics\` declares it. Written by \`npm
run docs:metrics\`; a test fails when this page is stale.

**Formats.** Prometheus' text format 0.0.4, and OpenMetrics 1.0 for whoever prefers it by \`Accept\`,
with the same series and numbers. In OpenMetrics a counter is declared without the \`_total\` of its
samples, and buckets may have exemplars. \`le\` is spelled as a float (\`"1.0"\`) in both.

**Scope.** *broker*: of this broker only, so brokers are added up. *cluster*: the same view from
every broker, so take the maximum. *owner*: not zero only where the coordinator or leader is, so
adding up is right.

**Class.** How many series there can be. *A*: as many as the configuration says. *T*: one for each
topic, within \`metrics.topics.max\`, as \`metrics.topics.include\` and \`metrics.topics.exclude\` choose;
internal topics have none. *G*: one for each consumer group,
within \`metrics.groups.max\`. *P*: one for each partition, while there are fewer than
\`metrics.series.max\` series in all. What is beyond a limit is added up in the label value
\`__other__\`, so that sums are right, and \`streambus_metrics_series_dropped_total\` says so. The
series of a topic end when it is deleted; the totals of the broker do not fall.

**Whole.** Gauges of the classes *T*, *G* and *P* can be asked for without these limits:
\`GET /metrics/detailed?family=NAME\`, also for some topics and groups only. Counters cannot: what is
beyond a limit has been counted together.

**Zero.** The guide's metrics are there from the first scrape. Metrics of parts that do not exist
yet are served at zero, so that queries find them; it is said at each.

**Names.** Six of the guide's gauges end in \`_total\`; each has a correctly named twin. Names of
other software are for dashboards that users have already; \`metrics.compat.enable=false\` turns them
off.`

/** The whole page. */
export function metricsPage(): string {
  const parts = sections.map(({ title, metrics }) => `## ${title}\n\n${table(Object.values(metrics))}`)
  return `${[INTRODUCTION, ...parts, bucketTable(), sourceTable()].join('\n\n')}\n`
}

function table(metrics: readonly Definition[]): string {
  const head = ['metric', 'type', 'unit', 'labels', 'class', 'scope', 'what it says', 'fed by']
  const rows = metrics.map(metric => [
    `\`${metric.name}\``,
    typeOf(metric),
    metric.unit ?? '',
    labelsOf(metric),
    CLASSES[metric.cardinality],
    SCOPES[metric.scope],
    helpOf(metric),
    sourceOf(metric)
  ])
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function typeOf({ type, buckets: set }: Definition): string {
  return set === null ? type : `${type}, ${set}`
}

function labelsOf({ labels }: Definition): string {
  return labels.map(label => `\`${label}\``).join(' ')
}

/** Angle brackets and bars would be read as markup. */
function helpOf({ help, owner }: Definition): string {
  const { awaits } = owners[owner]
  const text = help.replaceAll('|', '\\|').replaceAll('<', '&lt;')
  return awaits === null ? text : `${text} *Zero until there is ${awaits.replace('-', ' ')}.*`
}

function sourceOf({ owner }: Definition): string {
  return `[${owner}](#who-feeds-them)`
}

function bucketTable(): string {
  const rows = Object.entries(buckets).map(([set, bounds]) => `| ${set} | ${bounds.map(spellBound).join(' ')} |`)
  return ['## Buckets', '', '| set | bounds |', '|---|---|', ...rows].join('\n')
}

function sourceTable(): string {
  const rows = Object.entries(owners).map(([owner, { file, moment }]) => {
    const where = file === null ? 'not there yet' : `\`packages/${file}\``
    return `| ${owner} | ${where} | ${moment} |`
  })
  return ['## Who feeds them', '', '| fed by | in | when |', '|---|---|---|', ...rows].join('\n')
}
