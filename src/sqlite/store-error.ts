import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';

/** By the beginning of SQLite's or the system's code: our code, and what is wrong, in words. */
const faults: readonly (readonly [beginning: string, code: string, words: string])[] = [
  ['SQLITE_FULL', 'disk-full', 'there is no room left on its disk'],
  ['ENOSPC', 'disk-full', 'there is no room left on its disk'],
  ['SQLITE_CORRUPT', 'store-damaged', 'the file is damaged'],
  ['SQLITE_NOTADB', 'store-damaged', 'the file is no database'],
  ['SQLITE_BUSY', 'store-busy', 'another program holds it'],
  ['SQLITE_READONLY', 'store-unwritable', 'it may not be written'],
  ['SQLITE_CANTOPEN', 'store-unwritable', 'it cannot be opened; expected a folder that may be written'],
  ['EACCES', 'store-unwritable', 'its folder may not be written'],
  ['EPERM', 'store-unwritable', 'its folder may not be written'],
  ['EROFS', 'store-unwritable', 'its disk is read-only'],
  ['ENOTDIR', 'store-unwritable', 'its path leads through a file'],
  ['EEXIST', 'store-unwritable', 'its path leads through a file'],
  ['SQLITE_IOERR', 'disk-error', 'its disk could not be read or written'],
];

/** What SQLite or the system says of a file, as an error of ours; `name` says what is kept there, as in "alert history". */
export function storeError(error: unknown, path: string, name: string): RoadwatchError {
  if (error instanceof RoadwatchError) return error;
  const cause = errorCode(error);
  const fault = faults.find(([beginning]) => cause.startsWith(beginning));
  if (fault === undefined) {
    return new RoadwatchError('store-failed', `${name} ${path}: ${errorMessage(error)}`, { cause: error });
  }
  const [, code, words] = fault;
  return new RoadwatchError(code, `${name} ${path}: ${words} (${cause})`, { cause: error });
}
