/** The reader of topics in Python (tests/reader), run as a program of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const python = fileURLToPath(new URL('../../.cache/reader/bin/python', import.meta.url));
const script = fileURLToPath(new URL('../reader/read_topics.py', import.meta.url));

export interface TopicReport {
  readonly messages: number;
  /** Each id counted once. */
  readonly distinct: number;
  readonly repeats: number;
  /** Repeats that are not what came first. */
  readonly changedRepeats: number;
  readonly cameras: Readonly<Record<string, number>>;
  readonly partitions: Readonly<Record<string, number>>;
  /** By kind; tests/reader/README.md says what they are. */
  readonly faults: Readonly<Record<string, number>>;
}

export interface ReaderReport {
  readonly ok: boolean;
  readonly topics: Readonly<Record<string, TopicReport>>;
  readonly joins: Readonly<Record<string, number>>;
  readonly examples: readonly {
    readonly topic: string;
    readonly partition?: number;
    readonly offset?: number;
    readonly fault: string;
    readonly detail: string;
  }[];
}

export interface ReaderRun {
  /** 0: all is right, 1: something is wrong, 2: it could not read. */
  readonly code: number;
  /** None where it could not read. */
  readonly report?: ReaderReport;
  readonly stderr: string;
}

/** Reads topics of the cluster at `address`; the arguments are the script's own. */
export function readTopics(address: string, ...args: readonly string[]): Promise<ReaderRun> {
  return new Promise((resolve, reject) => {
    execFile(python, [script, '--bootstrap', address, ...args], { maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') {
        reject(new Error(`the reader did not run (scripts/setup.sh --test installs it): ${error.message}`));
        return;
      }
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, stderr, ...(stdout === '' ? {} : { report: JSON.parse(stdout) as ReaderReport }) });
    });
  });
}
