import { ConfigSource, type DynamicLayers, dynamicProblem, effectiveValues, type Layer, layersOf } from './dynamic.ts'
import type { Config } from './load.ts'
import { SETTING_NAMES, SETTINGS } from './schema.ts'
import type { Setting, SettingKind } from './setting.ts'
import { validateTopicConfigs } from './topic.ts'
import {
  inherited,
  isTopicSettingName,
  TOPIC_SETTING_NAMES,
  TOPIC_SETTINGS,
  type TopicSettingName
} from './topic-schema.ts'

/** One setting as the Kafka protocol shows it. Sensitive values are null everywhere. */
export interface DescribedSetting {
  readonly name: string
  /** The value in force; null: there is none. */
  readonly value: string | null
  /** Cannot be changed while the broker runs. */
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** One of ConfigSource. */
  readonly source: number
  /** Kafka's ConfigType code. */
  readonly type: number
  readonly documentation: string
  /** Every place that gives it a value, the one in force first. */
  readonly synonyms: readonly Layer[]
}

/** Kafka's ConfigType codes; it has none for enumerations. */
const TYPE_CODES: Readonly<Record<SettingKind, number>> = {
  boolean: 1,
  string: 2,
  enum: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
  password: 9
}

/** Every broker setting, in order of names. */
export function describeBroker(config: Config, dynamic: DynamicLayers): readonly DescribedSetting[] {
  const values = effectiveValues(config, dynamic)
  return SETTING_NAMES.map(name => {
    const setting = SETTINGS[name] as Setting<unknown>
    const isReadOnly = setting.dynamic === 'no'
    const value = setting.format(values[name])
    return describe(name, setting, { value, isReadOnly, synonyms: layersOf(name, config, dynamic) })
  })
}

/** Every topic setting, for a topic without any of its own, in order of names. */
export function describeTopicDefaults(config: Config, dynamic: DynamicLayers): readonly DescribedSetting[] {
  const broker = effectiveValues(config, dynamic)
  return TOPIC_SETTING_NAMES.map(name => {
    const setting = TOPIC_SETTINGS[name].setting as Setting<unknown>
    const value = setting.format(inherited(name, broker))
    return describe(name, setting, { value, isReadOnly: false, synonyms: inheritedLayers(name, config, dynamic) })
  })
}

/** The same for a topic with these settings of its own. Those that cannot be read count as not set. */
export function describeTopic(
  defaults: readonly DescribedSetting[],
  own: ReadonlyMap<string, string>
): readonly DescribedSetting[] {
  if (own.size === 0) return defaults
  return defaults.map(row => {
    const { name } = row
    const setting = isTopicSettingName(name) ? (TOPIC_SETTINGS[name].setting as Setting<unknown>) : null
    const value = setting === null ? null : normalised(setting, own.get(name))
    if (value === null) return row
    const source = ConfigSource.topic
    return { ...row, value, source, synonyms: [{ name, value, source }, ...row.synonyms] }
  })
}

/** Why a topic or a broker (or all brokers) cannot have exactly these settings of its own; null when it can. */
export function ownSettingsProblem(resource: 'topic' | 'broker', own: ReadonlyMap<string, string>): string | null {
  if (resource === 'topic') return validateTopicConfigs(own)[0]?.message ?? null
  for (const [name, text] of own) {
    const problem = dynamicProblem(name, text)
    if (problem !== null) return problem
  }
  return null
}

function describe(
  name: string,
  setting: Setting<unknown>,
  { value, isReadOnly, synonyms }: Pick<DescribedSetting, 'value' | 'isReadOnly' | 'synonyms'>
): DescribedSetting {
  return {
    name,
    value: setting.isSensitive ? null : value,
    isReadOnly,
    isSensitive: setting.isSensitive,
    source: synonyms[0]?.source ?? ConfigSource.default,
    type: TYPE_CODES[setting.kind],
    documentation: setting.doc,
    synonyms
  }
}

/** Layers of the broker settings behind a topic setting, each in its own name and unit, as Kafka shows them. */
function inheritedLayers(name: TopicSettingName, config: Config, dynamic: DynamicLayers): readonly Layer[] {
  const { setting, ancestors } = TOPIC_SETTINGS[name]
  if (ancestors.length > 0) return ancestors.flatMap(ancestor => layersOf(ancestor.name, config, dynamic))
  const { format, default: value } = setting as Setting<unknown>
  return [{ name, value: format(value), source: ConfigSource.default }]
}

/** A stored text as it would be written now; null when there is none or it cannot be read. */
function normalised(setting: Setting<unknown>, text: string | undefined): string | null {
  const parsed = text === undefined ? null : setting.parse(text)
  return parsed !== null && 'value' in parsed ? setting.format(parsed.value) : null
}
