/** Prometheus' functions as of 2.42, the oldest version that the shipped rules must work with. */

export type ValueType = 'scalar' | 'string' | 'vector' | 'range'

export interface Signature {
  readonly args: readonly ValueType[]
  readonly returns: ValueType
  /** How many of the last arguments may be left out; 'repeated': the last one may also come more than once. */
  readonly optional?: number | 'repeated'
}

function all(names: string, signature: Signature): [string, Signature][] {
  return names.split(' ').map(name => [name, signature])
}

export const functions: ReadonlyMap<string, Signature> = new Map([
  ...all('rate irate increase', { args: ['range'], returns: 'vector' }),
  ...all('delta idelta deriv changes resets absent_over_time', { args: ['range'], returns: 'vector' }),
  ...all('avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time', {
    args: ['range'],
    returns: 'vector'
  }),
  ...all('stddev_over_time stdvar_over_time present_over_time', { args: ['range'], returns: 'vector' }),
  ...all('abs absent ceil exp floor ln log2 log10 sgn sqrt sort sort_desc timestamp', {
    args: ['vector'],
    returns: 'vector'
  }),
  ...all('histogram_count histogram_sum', { args: ['vector'], returns: 'vector' }),
  ...all('acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh deg rad', {
    args: ['vector'],
    returns: 'vector'
  }),
  ...all('day_of_month day_of_week day_of_year days_in_month hour minute month year', {
    args: ['vector'],
    returns: 'vector',
    optional: 1
  }),
  ...all('predict_linear', { args: ['range', 'scalar'], returns: 'vector' }),
  ...all('quantile_over_time', { args: ['scalar', 'range'], returns: 'vector' }),
  ...all('holt_winters', { args: ['range', 'scalar', 'scalar'], returns: 'vector' }),
  ...all('histogram_quantile', { args: ['scalar', 'vector'], returns: 'vector' }),
  ...all('histogram_fraction', { args: ['scalar', 'scalar', 'vector'], returns: 'vector' }),
  ...all('clamp', { args: ['vector', 'scalar', 'scalar'], returns: 'vector' }),
  ...all('clamp_min clamp_max', { args: ['vector', 'scalar'], returns: 'vector' }),
  ...all('round', { args: ['vector', 'scalar'], returns: 'vector', optional: 1 }),
  ...all('label_replace', { args: ['vector', 'string', 'string', 'string', 'string'], returns: 'vector' }),
  ...all('label_join', { args: ['vector', 'string', 'string', 'string'], returns: 'vector', optional: 'repeated' }),
  ...all('vector', { args: ['scalar'], returns: 'vector' }),
  ...all('scalar', { args: ['vector'], returns: 'scalar' }),
  ...all('time pi', { args: [], returns: 'scalar' })
])

/** The type of what stands in front of the vector; null for none. */
export const aggregations: ReadonlyMap<string, ValueType | null> = new Map<string, ValueType | null>([
  ...['sum', 'min', 'max', 'avg', 'count', 'group', 'stddev', 'stdvar'].map(op => [op, null] as const),
  ['topk', 'scalar'],
  ['bottomk', 'scalar'],
  ['quantile', 'scalar'],
  ['count_values', 'string']
])
