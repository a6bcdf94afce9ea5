type Reasons = Readonly<Record<string, string>>

/** Panels that may be without numbers even where everything happens. */
export const NOTHING_TO_SHOW: Reasons = {
  'StreamBus Logs / By User': 'lines name a principal once there is authentication',
  'StreamBus Security / Silence of the Audit': 'there is no audit yet',
  'StreamBus Monitoring / Firing Alerts': 'no alerts are loaded',
  'StreamBus Monitoring / Failed Notifications': 'no Alertmanager is scraped',
  'StreamBus Monitoring / Notifications': 'no Alertmanager is scraped'
}

/** Panels that show an infinity, and what it means. */
export const CAN_BE_INFINITE: Reasons = {
  'StreamBus Storage / Full In': 'never, while nothing is filling up',
  'StreamBus Capacity Planning / Disk Full In': 'never, while nothing is filling up'
}

/** Recorded series without a number. */
export const CAN_BE_NAN: Reasons = {
  'job:streambus_authentication_failures_per_attempts:ratio_rate5m': 'there is no authentication yet: 0 of 0'
}

const BUG = 'only a mistake in the broker moves it'
const REPLICAS = 'needs more than one broker'
const TRANSACTIONS = 'needs a transaction that stays open'
const CLOCK = 'nobody sets the clock of this machine'
const SOON_OVER = 'as a rule it is over before a scrape sees it'
const PROMETHEUS = 'nothing happens to Prometheus, and it has no Alertmanager'
const MACHINE = 'depends on the limits of the machine'

/** Queries that no scene moves, or not always. */
export const STANDS_STILL: Reasons = {
  'StreamBus Overview / Errors B': BUG,
  'StreamBus Overview / Under-Replicated A': REPLICAS,
  'StreamBus Overview / Under Minimum ISR A': REPLICAS,
  'StreamBus Overview / Firing Alerts A': 'alerts wait longer than the scenes last',
  'StreamBus Performance / Requests That Ended Their Connection A': BUG,
  'StreamBus Topics / Partitions I': TRANSACTIONS,
  'StreamBus Topics / Under-Replicated Partitions by Topic A': REPLICAS,
  'StreamBus Storage / Clock of Retention A': CLOCK,
  'StreamBus Storage / Steps of the Clock A': CLOCK,
  'StreamBus Transactions / Held Back A': TRANSACTIONS,
  'StreamBus Cluster / Under-Replicated A': REPLICAS,
  'StreamBus Cluster / Under Minimum A': REPLICAS,
  'StreamBus Cluster / At Minimum A': REPLICAS,
  'StreamBus Cluster / Metadata Behind A': REPLICAS,
  'StreamBus Cluster / Commands Waiting A': SOON_OVER,
  'StreamBus Cluster / Pending Deletion A': SOON_OVER,
  'StreamBus Cluster / Pending Deletion B': SOON_OVER,
  'StreamBus Cluster / Metadata Behind in Time A': REPLICAS,
  'StreamBus Cluster / Readiness B': SOON_OVER,
  'StreamBus Cluster / Under Way A': SOON_OVER,
  'StreamBus Cluster / Under Way B': SOON_OVER,
  'StreamBus Cluster / Under Way C': SOON_OVER,
  'StreamBus Cluster / Proposals B': BUG,
  'StreamBus Cluster / Preferred Leader Imbalance A': REPLICAS,
  'StreamBus Runtime / Throttled A': MACHINE,
  'StreamBus Monitoring / Rule Evaluation Failures A': PROMETHEUS,
  'StreamBus Monitoring / Rule Evaluation Failures B': PROMETHEUS,
  'StreamBus Monitoring / Firing Alerts A': PROMETHEUS,
  'StreamBus Monitoring / Alertmanagers A': PROMETHEUS,
  'StreamBus Monitoring / Failed Notifications A': PROMETHEUS,
  'StreamBus Monitoring / Notifications A': PROMETHEUS,
  'StreamBus Monitoring / Alerts Not Handed Over A': PROMETHEUS,
  'StreamBus Runtime / Pressure A': MACHINE
}
