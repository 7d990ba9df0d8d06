/** What passes between a store and its worker, whatever the store keeps. */

/** By name, what an operation is given and what it answers. */
export type Operations = { readonly [name: string]: { readonly given: unknown; readonly answer: unknown } };

/** `close`, which every store has, closes the file and ends the worker. */
export type StoreRequest<Known extends Operations> = {
  [Name in keyof Known & string]: {
    readonly id: number;
    readonly name: Name;
    readonly given: Known[Name]['given'];
  };
}[keyof Known & string];

export interface StoreFault {
  readonly code: string;
  readonly message: string;
}

/** `stats`: what the store tells of itself with each answer. */
export type StoreAnswer<Stats> =
  | { readonly id: number; readonly answer: unknown; readonly stats: Stats }
  | { readonly id: number; readonly fault: StoreFault; readonly stats?: Stats };

/** Sent once, when the worker has tried to open the file for the first time; what is wrong, where something is. */
export interface StoreOpened<Stats> {
  readonly opened: true;
  readonly fault?: StoreFault;
  readonly stats?: Stats;
}

/** Something that people should hear of, such as a damaged file. */
export interface StoreTrouble {
  readonly trouble: StoreFault;
}

export type WorkerMessage<Stats> = StoreAnswer<Stats> | StoreOpened<Stats> | StoreTrouble;
