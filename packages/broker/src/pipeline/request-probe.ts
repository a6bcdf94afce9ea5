/** What the pipeline reports, once per request. `apiKey` has been checked: a handler for it exists. */
export interface RequestProbe {
  started(apiKey: number): void
  /**
   * `parkedMs` is the part of `totalMs` a long poll or a join waited on purpose. `errorCode` is the top-level one
   * where the API has one, else 0.
   */
  finished(apiKey: number, totalMs: number, parkedMs: number): void
  /** The handler threw or the request could not be decoded; the connection is closed. */
  failed(apiKey: number): void
}
