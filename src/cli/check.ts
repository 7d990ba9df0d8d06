import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hasAccounts } from '../auth/store/has-accounts.ts';
import { engineOptions } from '../config/engine-options.ts';
import { installedPath } from '../config/installation.ts';
import { listenHost } from '../config/listen-host.ts';
import type { CameraConfig, Config } from '../config/schema.ts';
import type { EngineListener } from '../detect/engine.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import { realClock } from '../time/clock.ts';
import { adviceFor } from './advice.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

/** Cameras that are tried at a time. */
const probesAtATime = 8;

export interface CheckFlags extends ConfigFlags {
  readonly json?: boolean;
}

/** What came of one check. */
interface Finding {
  /** `configuration`, `addon`, `model`, `server`, `certificate`, `page`, `assessment`, `cache`, `kept cameras`, `camera gate-1` */
  readonly subject: string;
  readonly ok: boolean;
  /** What works, or what does not. */
  readonly detail: string;
  readonly code?: string;
  /** What to do about it. */
  readonly advice?: string;
}

type Report = (finding: Finding) => Promise<void>;

/** `roadwatch check`: whether this configuration would work here, before the service uses it. */
export async function checkInstallation(flags: CheckFlags): Promise<ExitCode> {
  const findings: Finding[] = [];
  const report: Report = async (finding) => {
    findings.push(finding);
    if (!flags.json) await printLine(findingText(finding));
  };
  const config = await checkConfiguration(flags, report);
  if (config !== undefined) {
    await checkServer(config, report);
    await checkCertificate(config, report);
    await checkPage(report);
    await checkAssessment(config, report);
    await checkCache(config, report);
    if (await checkAddon(report)) {
      await checkModel(config, report);
      await checkCameras(await checkKeptCameras(config, report), config, report);
    }
  }
  const code = exitCodeFor(findings);
  if (flags.json) await printLine(JSON.stringify({ ok: code === exitCodes.ok, checks: findings }));
  return code;
}

async function checkConfiguration(flags: CheckFlags, report: Report): Promise<Config | undefined> {
  try {
    const config = loadFromFlags(flags);
    const cameras = config.cameras.length === 1 ? '1 camera' : `${config.cameras.length} cameras`;
    await report({ subject: 'configuration', ok: true, detail: `valid, ${cameras}` });
    return config;
  } catch (error) {
    await report(failure('configuration', error));
    return undefined;
  }
}

async function checkServer(config: Config, report: Report): Promise<void> {
  const host = listenHost(config, hasAccounts(config.accounts.databasePath));
  const { port } = config.server;
  try {
    await tryToListen(host, port);
    const reach =
      host === config.server.host ? '' : ' (loopback only: no accounts, no token, no leave for anonymous clients)';
    await report({ subject: 'server', ok: true, detail: `can listen on ${host}:${port}${reach}` });
  } catch (error) {
    const code = errorCode(error) === 'EADDRINUSE' ? 'port-in-use' : 'cannot-listen';
    const message = `cannot listen on ${host}:${port}: ${errorMessage(error)}`;
    await report(failure('server', new RoadwatchError(code, message)));
  }
}

function tryToListen(host: string, port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

async function checkCertificate({ server: { tls } }: Config, report: Report): Promise<void> {
  if (tls === undefined) return;
  try {
    const { checkTlsFiles } = await import('../server/tls-files.ts');
    await checkTlsFiles(tls);
    await report({ subject: 'certificate', ok: true, detail: tls.certFile });
  } catch (error) {
    await report(failure('certificate', error));
  }
}

async function checkPage(report: Report): Promise<void> {
  const page = installedPath('web', 'dist', 'index.html');
  try {
    await access(page);
    await report({ subject: 'page', ok: true, detail: page });
  } catch {
    await report(failure('page', new RoadwatchError('page-missing', `the web page is not built: no ${page}`)));
  }
}

async function checkAssessment(config: Config, report: Report): Promise<void> {
  if (!config.risk.enabled) return;
  try {
    const [{ readKeys }, { riskPrompt }] = await Promise.all([
      import('../assess/open-model-pool.ts'),
      import('../assess/start-assessment.ts'),
    ]);
    const { keys, endpoints } = await readKeys(config, process.env);
    const models = endpoints.map(({ model, baseUrl }) => `${model} at ${new URL(baseUrl).host}`);
    const detail =
      keys.length === 0
        ? 'no key: local rules alone'
        : `keys ${keys.map(({ id }) => id).join(', ')} for ${models.join(', ')}`;
    await report({ subject: 'assessment', ok: true, detail: `${detail}; prompt ${riskPrompt(config).name}` });
  } catch (error) {
    await report(failure('assessment', error));
  }
}

async function checkCache({ redis }: Config, report: Report): Promise<void> {
  if (redis.url === undefined) return;
  try {
    const { tryRedis } = await import('../cache/try-redis.ts');
    await report({ subject: 'cache', ok: true, detail: `${await tryRedis(redis.url, redis.caFile)} lets us in` });
  } catch (error) {
    await report(failure('cache', error));
  }
}

async function checkAddon(report: Report): Promise<boolean> {
  try {
    const { native } = await import('../native.ts');
    const versions = Object.entries(native.versions()).map(([name, version]) => `${name} ${version}`);
    await report({ subject: 'addon', ok: true, detail: versions.join(', ') });
    return true;
  } catch (error) {
    const message = `the native addon cannot be loaded: ${errorMessage(error)}`;
    await report(failure('addon', new RoadwatchError('addon-missing', message)));
    return false;
  }
}

async function checkModel(config: Config, report: Report): Promise<void> {
  const quiet: EngineListener = { onDetection: () => {}, onState: () => {}, onLog: () => {} };
  try {
    const { startEngine } = await import('../detect/start-engine.ts');
    const engine = await startEngine(engineOptions(config), quiet);
    const { model, provider, precision, precisionReason, refused } = engine.details();
    await engine.close();
    const others = refused.map((one) => `; not ${one.provider}: ${one.reason}`).join('');
    await report({
      subject: 'model',
      ok: true,
      detail: `${model} runs on ${provider} in ${precision} (${precisionReason})${others}`,
    });
  } catch (error) {
    await report(failure('model', error));
  }
}

/** Those that a service would run: of the configuration, and added ones. */
async function checkKeptCameras(config: Config, report: Report): Promise<readonly CameraConfig[]> {
  const [{ KeptCameras }, { CameraStore }] = await Promise.all([
    import('../camera/kept-cameras.ts'),
    import('../camera/store/camera-store.ts'),
  ]);
  const troubles: RoadwatchError[] = [];
  const store = new CameraStore({
    path: config.camerasFile,
    clock: realClock,
    onTrouble: (code, message) => troubles.push(new RoadwatchError(code, message)),
    readOnly: true,
  });
  const kept = await KeptCameras.open({ store, config });
  for (const trouble of troubles) await report(failure('kept cameras', trouble));
  const added = kept.wanted.length - config.cameras.filter(({ enabled }) => enabled).length;
  if (troubles.length === 0) await report({ subject: 'kept cameras', ok: true, detail: `${added} in ${store.path}` });
  return kept.wanted;
}

async function checkCameras(cameras: readonly CameraConfig[], config: Config, report: Report): Promise<void> {
  const waiting = cameras.values();
  const probe = async () => {
    for (const camera of waiting) await report(await checkCamera(camera, config));
  };
  await Promise.all(Array.from({ length: probesAtATime }, probe));
}

async function checkCamera(camera: CameraConfig, config: Config): Promise<Finding> {
  const subject = `camera ${camera.id}`;
  try {
    const { native } = await import('../native.ts');
    const seen = await native.probe({
      url: camera.url,
      allowFiles: config.allowFiles,
      transport: camera.transport ?? config.source.transport,
      connectTimeoutMs: config.source.connectTimeoutMs,
      readTimeoutMs: config.source.readTimeoutMs,
    });
    const rate = seen.framesPerSecond === undefined ? '' : `, ${Math.round(seen.framesPerSecond)} frames/s`;
    const detail = `${seen.codec} ${seen.imageWidth}x${seen.imageHeight}${rate}, answered in ${Math.round(seen.connectMs)} ms`;
    return { subject, ok: true, detail };
  } catch (error) {
    return failure(subject, error);
  }
}

function failure(subject: string, error: unknown): Finding {
  const code = errorCode(error);
  const advice = adviceFor(code);
  return { subject, ok: false, detail: errorMessage(error), code, ...(advice === undefined ? {} : { advice }) };
}

function findingText({ subject, ok, detail, code, advice }: Finding): string {
  if (ok) return `ok    ${subject}: ${detail}`;
  const lines = [`FAIL  ${subject}: ${code}: ${detail.replaceAll('\n', '\n      ')}`];
  if (advice !== undefined) lines.push(`      what to do: ${advice}`);
  return lines.join('\n');
}

function exitCodeFor(findings: readonly Finding[]): ExitCode {
  const failed = findings.filter((finding) => !finding.ok);
  if (failed.length === 0) return exitCodes.ok;
  if (failed.some(({ subject }) => subject === 'configuration')) return exitCodes.usage;
  return failed.every(isBearable) ? exitCodes.partial : exitCodes.failure;
}

/** The service runs without it, and goes on trying. */
function isBearable({ subject, code }: Finding): boolean {
  return (
    subject === 'kept cameras' ||
    subject.startsWith('camera ') ||
    (subject === 'cache' && code !== 'redis-certificates')
  );
}
