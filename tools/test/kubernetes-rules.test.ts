import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { kubernetesRules, RULES_MANIFEST } from '../kubernetes-rules.ts'

const repository = path.resolve(import.meta.dirname, '../..')

interface PrometheusRule {
  readonly metadata: { readonly name: string }
  readonly spec: unknown
}

test('the PrometheusRule objects are what alerts/ says (npm run kubernetes:rules)', () => {
  const text = kubernetesRules(repository)
  expect(fs.readFileSync(path.join(repository, RULES_MANIFEST), 'utf8')).toBe(text)
  const rules = parseAllDocuments(text).map(document => document.toJS() as PrometheusRule)
  expect(rules.map(({ metadata }) => metadata.name)).toEqual(['streambus-alerts', 'streambus-recording'])
  for (const { metadata, spec } of rules) {
    expect(spec).toEqual(parse(fs.readFileSync(path.join(repository, `alerts/${metadata.name}.yml`), 'utf8')))
  }
})
