import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { hasProgram, inRepository } from './files.ts'
import { KUBERNETES } from './manifests.ts'
import { PROMETHEUS_FILES } from './scrape-config.ts'

/** A check by a program that may be missing. */
export interface ToolCheck {
  readonly name: string
  /** Returns a sentence on what was found. Throws with the program's output when it refuses. */
  run(): string
  /** Why it cannot be run here; null when it can. */
  whyNot(): string | null
}

const COMPOSE_FILES = ['docker/compose.yaml', 'docker/guide/docker-compose.yml']
const SCHEMAS = 'STREAMBUS_TEST_SCHEMAS'

/** The files of the stack as the programs that read them see them. */
export function toolChecks(): readonly ToolCheck[] {
  return [
    ...[['docker', 'compose'], ['docker-compose'], ['podman-compose']].map(composeCheck),
    ...Object.values(PROMETHEUS_FILES).map(prometheusCheck),
    {
      name: 'amtool check-config alerts/alertmanager.yml',
      whyNot: () => missing('amtool'),
      run() {
        run('amtool', ['check-config', inRepository('alerts/alertmanager.yml')])
        return 'valid'
      }
    },
    ...[KUBERNETES, `${KUBERNETES}/operator`].flatMap(folder => [kustomizeCheck(folder), schemaCheck(folder)]),
    customResourceCheck(),
    lokiCheck(),
    {
      name: 'alloy validate docker/alloy/config.alloy',
      whyNot: () => missing('alloy'),
      run: () => run('alloy', ['validate', inRepository('docker/alloy/config.alloy')]) || 'valid'
    },
    {
      name: 'hadolint docker/Dockerfile',
      whyNot: () => missing('hadolint'),
      run: () => run('hadolint', [inRepository('docker/Dockerfile')]) || 'nothing to say'
    }
  ]
}

function composeCheck([program = '', ...first]: readonly string[]): ToolCheck {
  const name = [program, ...first].join(' ')
  return {
    name: `${name} config`,
    whyNot() {
      if (!hasProgram(program)) return `${program} is not on the PATH`
      const { status, stderr } = spawnSync(program, [...first, 'version'], { encoding: 'utf8' })
      return status === 0 ? null : `${name} does not run here: ${stderr.trim().split('\n')[0]}`
    },
    run() {
      for (const file of COMPOSE_FILES) run(program, [...first, '-f', inRepository(file), 'config'])
      return `${COMPOSE_FILES.join(', ')}: accepted by ${run(program, [...first, 'version']).split('\n')[0]}`
    }
  }
}

function prometheusCheck(file: string): ToolCheck {
  const args = ['check', 'config', inRepository(file)]
  return {
    name: `promtool check config ${file}`,
    whyNot() {
      if (!hasProgram('promtool')) return missing('promtool')
      const { stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
      const isUnknown = /field (\w+)_sd_configs not found/.exec(`${stdout}${stderr}`)
      return isUnknown === null ? null : `this promtool is built without ${isUnknown[1]} discovery`
    },
    run() {
      run('promtool', args)
      return `valid for ${run('promtool', ['--version']).split(' (')[0]}`
    }
  }
}

function kustomizeCheck(folder: string): ToolCheck {
  return {
    name: `kubectl kustomize ${folder}`,
    whyNot: () => missing('kubectl'),
    run() {
      const kinds = [...kustomize(folder).matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind)
      return kinds.join(', ')
    }
  }
}

/** Against the published schemas of Kubernetes, no unknown field allowed. */
function schemaCheck(folder: string): ToolCheck {
  return {
    name: `kubernetes-validate --strict ${folder}`,
    whyNot: () => missing('kubectl') ?? missing('kubernetes-validate'),
    run: () =>
      withFile(builtIn(kustomize(folder)), file => {
        const output = run('kubernetes-validate', ['--strict', file])
        return `${[...output.matchAll(/ passed /g)].length} objects are valid; ${lastLine(output).replace(/^.* against /, '')}`
      })
  }
}

/** The operator's own kinds, whose schemas come with the operator and not with Kubernetes. */
function customResourceCheck(): ToolCheck {
  return {
    name: `kubeconform -strict ${KUBERNETES}/operator`,
    whyNot() {
      const location = process.env[SCHEMAS]
      const noSchemas = `${SCHEMAS} has to say where JSON schemas of ServiceMonitor and PrometheusRule are`
      return missing('kubeconform') ?? (location === undefined ? noSchemas : null)
    },
    run() {
      const files = ['service-monitor.yaml', 'prometheus-rule.yaml'].map(file =>
        inRepository(`${KUBERNETES}/operator/${file}`)
      )
      const location = process.env[SCHEMAS] ?? ''
      return lastLine(run('kubeconform', ['-strict', '-summary', '-schema-location', location, ...files]))
    }
  }
}

function lokiCheck(): ToolCheck {
  return {
    name: 'loki -verify-config docker/loki/loki.yml',
    whyNot() {
      if (!hasProgram('loki')) return missing('loki')
      // Debian has a program of that name that is about genes.
      const { stdout, stderr } = spawnSync('loki', ['--version'], { encoding: 'utf8', timeout: 10_000 })
      return /^loki, version/m.test(`${stdout}${stderr}`) ? null : 'the loki on the PATH is not Grafana Loki'
    },
    run() {
      run('loki', [`-config.file=${inRepository('docker/loki/loki.yml')}`, '-verify-config'])
      return 'valid'
    }
  }
}

function kustomize(folder: string): string {
  return run('kubectl', ['kustomize', inRepository(folder)])
}

/** Only what every cluster knows. */
function builtIn(manifests: string): string {
  return manifests
    .split(/^---$/m)
    .filter(document => !document.includes('apiVersion: monitoring.coreos.com/'))
    .join('---')
}

function withFile<T>(text: string, use: (file: string) => T): T {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streambus-stack-'))
  try {
    const file = path.join(folder, 'manifests.yaml')
    fs.writeFileSync(file, text)
    return use(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** Both streams. Throws with them when the program says no. */
function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  if (status === 0) return `${stdout}${stderr}`.trim()
  throw new Error(`${program} ended with ${status ?? error?.message}:\n${stdout}${stderr}`)
}

function missing(program: string): string | null {
  return hasProgram(program) ? null : `${program} is not on the PATH`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
