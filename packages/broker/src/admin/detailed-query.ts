import { catalogue, type Definition, type MetricKey } from '@streambus/metrics'
import { DETAILED_FAMILIES, type DetailedQuery } from '../observability/detailed-series.ts'
import { nameFilter } from './name-filter.ts'
import { type AdminResponse, failure } from './route.ts'

/** Values of each parameter: every one is compared with every name. */
const VALUES_MAX = 100
/** Of a value in a message. */
const SHOWN_MAX = 100

const PARAMETERS = ['family', 'topic', 'group'] as const
type Parameter = (typeof PARAMETERS)[number]

const FAMILIES = new Map(DETAILED_FAMILIES.map(key => [catalogue[key].name, key]))
const CATALOGUE: readonly Definition[] = Object.values(catalogue)

/** What `?family=…&topic=…&group=…` asks for; the refusal when it cannot be told. */
export function detailedQuery(query: URLSearchParams): DetailedQuery | AdminResponse {
  const unknown = [...query.keys()].find(name => !(PARAMETERS as readonly string[]).includes(name))
  if (unknown !== undefined) {
    return refused('unknown_parameter', `there is no parameter ${shown(unknown)}; there are ${PARAMETERS.join(', ')}`)
  }
  const asked = { family: query.getAll('family'), topic: query.getAll('topic'), group: query.getAll('group') }
  for (const name of PARAMETERS) {
    const count = asked[name].length
    if (count > VALUES_MAX) {
      const message = `${name} is given ${count} times, at most ${VALUES_MAX} are allowed; NAME* stands for many`
      return refused('too_many_values', message)
    }
    if (asked[name].includes(''))
      return refused('empty_value', `${name} is empty; it is a name, or the start of one and *`)
  }
  const families = familiesOf(asked.family)
  return 'status' in families ? families : filtered(families, asked)
}

function familiesOf(asked: readonly string[]): ReadonlySet<MetricKey> | AdminResponse {
  const found = new Set<MetricKey>()
  for (const text of asked) {
    const isWanted = nameFilter([text])
    const keys = [...FAMILIES].filter(([name]) => isWanted(name)).map(([, key]) => key)
    if (keys.length === 0) return refusedFamily(text)
    for (const key of keys) found.add(key)
  }
  if (found.size > 0) return found
  return refused('no_family', 'family is missing: name at least one of those below, or the start of some and *')
}

function filtered(
  families: ReadonlySet<MetricKey>,
  asked: Readonly<Record<Parameter, readonly string[]>>
): DetailedQuery | AdminResponse {
  for (const label of ['topic', 'group'] as const) {
    const isOfUse = [...families].some(key => (catalogue[key].labels as readonly string[]).includes(label))
    if (asked[label].length === 0 || isOfUse) continue
    const message = `${label}=${shown(asked[label][0] ?? '')} chooses nothing: no family that is asked for has this label`
    return refused('filter_without_effect', message)
  }
  return { families, isTopicWanted: nameFilter(asked.topic), isGroupWanted: nameFilter(asked.group) }
}

function refusedFamily(text: string): AdminResponse {
  const known = CATALOGUE.find(({ name }) => name === text)
  if (known === undefined) {
    return refused('unknown_family', `family=${shown(text)}: nothing below has this name, or begins like that`)
  }
  const why =
    known.cardinality === 'A'
      ? 'does not grow with topics or groups, so /metrics always has all of it'
      : 'counts only for those within the limits of /metrics, which has all of it; the others are in __other__ together'
  return refused('family_not_detailed', `family=${text} ${why}`)
}

function refused(code: string, message: string): AdminResponse {
  return failure(400, code, message, { families: [...FAMILIES.keys()] })
}

function shown(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}
