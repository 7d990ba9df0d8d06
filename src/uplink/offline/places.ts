/** Where records of the outbox may be: waiting to be sent, refused by the broker, or set aside because they are damaged. */
export const exportPlaces = ['queue', 'dead', 'quarantine'] as const;
export type ExportPlace = (typeof exportPlaces)[number];

/** Where records may be brought back from. */
export const replayPlaces = ['dead', 'quarantine'] as const;
export type ReplayPlace = (typeof replayPlaces)[number];

/** Where records have a row in the file. */
export type TablePlace = Exclude<ExportPlace, 'quarantine'>;
