/** Text from metrics and logs, fit for HTML: clients choose it. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** Rendered inside of a panel, without its frame. */
export interface Box {
  readonly width: number
  readonly height: number
}
