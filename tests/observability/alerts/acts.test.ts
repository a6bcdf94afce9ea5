import { expect, test } from 'vitest'
import { rules } from '../../alerts/shipped.ts'
import { acts, nothingScraped } from './acts/index.ts'
import { whyUnprovoked } from './unprovoked.ts'

const provoked = [...acts, nothingScraped].flatMap(({ alerts }) => alerts)

/** As an act names an alert: by its name, or with its severity or window. */
function namesOf({ alert, labels }: { alert: string; labels: Readonly<Record<string, string>> }): string[] {
  return [alert, `${alert}/${labels['severity']}`, `${alert}/${labels['window']}`]
}

test('every alert is provoked by an act, or there is a reason why not', () => {
  const forgotten = rules.alerts.filter(
    rule => whyUnprovoked(rule) === null && !namesOf(rule).some(name => provoked.includes(name))
  )
  expect(forgotten.map(rule => namesOf(rule)[1])).toEqual([])
})

test('no reason stands for an alert that an act provokes', () => {
  const needless = rules.alerts.filter(
    rule => whyUnprovoked(rule) !== null && namesOf(rule).some(name => provoked.includes(name))
  )
  expect(needless.map(({ alert }) => alert)).toEqual([])
})

test('acts promise alerts that there are', () => {
  const known = new Set(rules.alerts.flatMap(namesOf))
  expect(provoked.filter(name => !known.has(name))).toEqual([])
})

test('acts have names of their own: they are the names of their clusters', () => {
  const names = [...acts, nothingScraped].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
