import type { ValueOf } from './setting.ts'
import { ADMIN_SETTINGS } from './settings/admin.ts'
import { DISK_SETTINGS } from './settings/disk.ts'
import { GROUP_SETTINGS } from './settings/groups.ts'
import { LOG_SETTINGS } from './settings/log.ts'
import { METRICS_SETTINGS } from './settings/metrics.ts'
import { SERVER_SETTINGS } from './settings/server.ts'
import { TRACING_SETTINGS } from './settings/tracing.ts'

/** Every setting of a broker by name. What is not here does not exist and is refused wherever it is given. */
export const SETTINGS = {
  ...SERVER_SETTINGS,
  ...LOG_SETTINGS,
  ...DISK_SETTINGS,
  ...GROUP_SETTINGS,
  ...METRICS_SETTINGS,
  ...ADMIN_SETTINGS,
  ...TRACING_SETTINGS
} as const

export type SettingName = keyof typeof SETTINGS

/** A value for every setting, typed by the table: `values['log.segment.bytes']` is a number. */
export type ConfigValues = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> }

export const SETTING_NAMES = Object.keys(SETTINGS).sort() as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

const ENVIRONMENT_PREFIX = 'STREAMBUS_'

/** `log.retention.ms` → `STREAMBUS_LOG_RETENTION_MS`. */
export function environmentName(name: string): string {
  return ENVIRONMENT_PREFIX + name.replaceAll(/[^a-zA-Z0-9]/g, '_').toUpperCase()
}
