/** Told of a log that cannot be read, by the topic and index of its partition; the client gets KAFKA_STORAGE_ERROR. */
export type StorageErrorListener = (partition: { readonly topic: string; readonly index: number }, error: Error) => void
