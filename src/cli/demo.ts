import type { Config } from '../config/schema.ts';
import { createLog } from '../log.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { demoCameras, demoClips, demoSettings } from './demo-settings.ts';
import { DemoSummary } from './demo-summary.ts';
import { endProcess } from './end-process.ts';
import type { ExitCode } from './exit-codes.ts';
import { complain, printLine } from './output.ts';
import { serve } from './serve.ts';
import { StopSignal } from './signals.ts';

type DemoReport = ReturnType<DemoSummary['report']>;

export interface DemoFlags extends ConfigFlags {
  /** Ends after so many seconds; without it, with Ctrl-C. */
  readonly seconds?: number;
  readonly json?: boolean;
  readonly cameras: number;
}

/** `roadwatch demo`: the clips of the installation as cameras, with no configuration file. */
export async function runDemo(flags: DemoFlags): Promise<ExitCode> {
  const stop = new StopSignal();
  try {
    const cameras = demoCameras(demoClips(), flags.cameras);
    const config = loadFromFlags(flags, { embedded: demoSettings(cameras) });
    const log = createLog(config.log.level);
    const { App } = await import('../app.ts');
    let summary: DemoSummary | undefined;
    let report: DemoReport | undefined;
    const start = async () => {
      const app = await App.start(config, { log, onDetection: (event) => summary?.add(event) });
      // Start-up is left out, and what is analysed without end is not added up.
      if (flags.seconds !== undefined) summary = new DemoSummary(cameras.length);
      complain(`Roadwatch shows ${cameras.length} cameras: open ${pageAddress(config, app)} in a browser.`);
      complain(flags.seconds === undefined ? 'Ctrl-C ends it.' : `It ends by itself after ${flags.seconds} s.`);
      return app;
    };
    const onEnd = () => {
      report = summary?.report();
    };
    const until = () => stop.waitAtMost(flags.seconds);
    const code = await serve({ start, stop: stop.wait(), until, onEnd, log, endProcess });
    if (report) await printLine(flags.json ? JSON.stringify(report) : inWords(report));
    return code;
  } finally {
    stop.dispose();
  }
}

/** Where a browser on this machine finds the page; a token is never printed. */
function pageAddress({ server }: Config, app: { readonly url: string }): string {
  return `${app.url}/${server.authToken === undefined ? '' : '?token=… (ALGO_AUTH_TOKEN)'}`;
}

function inWords({ analysed, objects, groups, latency_ms, cpu_ms_per_analysis }: DemoReport): string {
  return (
    `${analysed} frames analysed: ${objects} road users in ${groups} groups; ` +
    `latency ${latency_ms.p50} ms (p95 ${latency_ms.p95} ms), ${cpu_ms_per_analysis} ms of processor time a frame.`
  );
}
