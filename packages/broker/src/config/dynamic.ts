import type { Config } from './load.ts'
import { type ConfigValues, isSettingName, SETTING_NAMES, SETTINGS, type SettingName } from './schema.ts'
import type { Setting } from './setting.ts'
import { didYouMean } from './suggest.ts'

/** Settings changed at run time, as text, from the metadata log. */
export interface DynamicLayers {
  /** This broker's own. */
  readonly broker: ReadonlyMap<string, string>
  /** Those of all brokers. */
  readonly clusterDefault: ReadonlyMap<string, string>
}

/** Where a value comes from, with Kafka's codes (DescribeConfigs). */
export const ConfigSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  static: 4,
  default: 5
} as const

/** One place that gives a setting a value. */
export interface Layer {
  readonly name: string
  /** Null: not set, or sensitive. */
  readonly value: string | null
  readonly source: number
}

/** The values in force: dynamic for this broker, over dynamic for all, over what the broker was started with. */
export function effectiveValues(config: Config, layers: DynamicLayers): ConfigValues {
  const entries = SETTING_NAMES.map(name => [name, dynamicValue(name, layers) ?? config.values[name]])
  return Object.freeze(Object.fromEntries(entries)) as ConfigValues
}

/** Every place that gives `name` a value, the one in force first. Without `config` the start values do not count. */
export function layersOf(name: SettingName, config: Config | null, dynamic: DynamicLayers): readonly Layer[] {
  const setting = SETTINGS[name] as Setting<unknown>
  const layers: Layer[] = []
  const add = (value: string | null | undefined, source: number): void => {
    if (value === undefined || value === null) return
    layers.push({ name, value: setting.isSensitive ? null : value, source })
  }
  add(dynamic.broker.get(name), ConfigSource.dynamicBroker)
  add(dynamic.clusterDefault.get(name), ConfigSource.dynamicDefault)
  if (config !== null && config.sources.has(name)) add(setting.format(config.values[name]), ConfigSource.static)
  add(setting.format(setting.default), ConfigSource.default)
  return layers
}

/** Why a broker setting cannot be changed to `text` (null: back to the start value) at run time; null when it can. */
export function dynamicProblem(name: string, text: string | null): string | null {
  if (!isSettingName(name)) return `${name} is not a broker setting${didYouMean(name, SETTING_NAMES)}`
  const setting = SETTINGS[name] as Setting<unknown>
  if (setting.dynamic === 'no')
    return `${name} cannot be changed while the broker runs: set it in its configuration and restart it`
  if (text === null) return null
  const parsed = setting.parse(text)
  return 'problem' in parsed ? `${name} is "${text}": must be ${parsed.problem}` : null
}

/** What cannot be read, or may no longer change at run time, was written by another version and counts as not set. */
function dynamicValue(name: SettingName, { broker, clusterDefault }: DynamicLayers): unknown {
  const setting = SETTINGS[name] as Setting<unknown>
  if (setting.dynamic === 'no') return null
  for (const layer of [broker, clusterDefault]) {
    const text = layer.get(name)
    const parsed = text === undefined ? null : setting.parse(text)
    if (parsed !== null && 'value' in parsed) return parsed.value
  }
  return null
}
