/**
 * `npm run kubernetes:rules`: writes alerts/*.yml as PrometheusRule objects for the Prometheus operator. With
 * --check it only says whether the file is what it would write, and exits with 1 when it is not; so does a test.
 */
import fs from 'node:fs'
import path from 'node:path'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const RULE_FILES = ['streambus-alerts', 'streambus-recording']

export const RULES_MANIFEST = 'deploy/kubernetes/operator/prometheus-rule.yaml'

/** The manifest's text, made of the rule files as they are, with their comments. */
export function kubernetesRules(repository = REPOSITORY): string {
  const documents = RULE_FILES.map(name => {
    const file = `alerts/${name}.yml`
    return prometheusRule(name, file, fs.readFileSync(path.join(repository, file), 'utf8'))
  })
  const head = `# Made of alerts/*.yml: npm run kubernetes:rules. Change those, not this.\n`
  return head + documents.join('---\n')
}

/** A rule file's top level is what a PrometheusRule has under `spec`. */
function prometheusRule(name: string, file: string, text: string): string {
  const lines = text.trimEnd().split('\n')
  const keys = lines.filter(line => /^[^\s#]/.test(line))
  if (keys.join() !== 'groups:') throw new Error(`${file} has ${keys.join(', ')} at its top; a rule file has groups:`)
  const spec = lines.map(line => (line === '' ? '' : `  ${line}`))
  const head = ['apiVersion: monitoring.coreos.com/v1', 'kind: PrometheusRule', 'metadata:', `  name: ${name}`]
  return `${[...head, '  labels:', '    app: streambus', 'spec:', ...spec].join('\n')}\n`
}

function main(): void {
  const target = path.join(REPOSITORY, RULES_MANIFEST)
  const text = kubernetesRules()
  if (!process.argv.includes('--check')) fs.writeFileSync(target, text)
  else if (fs.readFileSync(target, 'utf8') !== text) {
    console.error(`${RULES_MANIFEST} is not what alerts/ says: npm run kubernetes:rules`)
    process.exitCode = 1
  }
}

if (import.meta.main) main()
