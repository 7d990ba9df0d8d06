import { Argument, Command, CommanderError, Option } from 'commander';
import { roles } from '../auth/account.ts';
import { ConfigError } from '../config/config-error.ts';
import { installedVersion } from '../config/installation.ts';
import { roleNames } from '../config/schema.ts';
import { riskLevels } from '../detect/risk-level.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { addConfigFlags, addServerFlags, numberBetween } from './config-options.ts';
import { describeCameras } from './describe-cameras.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { describeOutbox } from './outbox/describe.ts';
import { complain, endWhenStdoutCloses } from './output.ts';

const maxDemoCameras = 64;
const maxDemoSeconds = 86_400;
const maxEverySeconds = 3600;
const maxWaitSeconds = 600;
const maxPartitions = 1000;
const maxTestCameras = 10_000;

/**
 * Runs the command line `args` (without node and script) and returns the exit code. What goes wrong is said on stderr;
 * stdout holds results alone. Commands are loaded when they are called, so that help and the checks need no addon.
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  endWhenStdoutCloses();
  let code: ExitCode = exitCodes.ok;
  const program = describeProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failureCode(error);
  }
}

function failureCode(error: unknown): ExitCode {
  // Commander has already said what is wrong; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof ConfigError) {
    complain(`the configuration cannot be used:\n${error.message}`);
    return exitCodes.usage;
  }
  complain(`roadwatch: ${errorCode(error)}: ${errorMessage(error)}`);
  return errorCode(error) === 'bad-camera' ? exitCodes.usage : exitCodes.failure;
}

function describeProgram(done: (code: ExitCode) => void): Command {
  const program = new Command('roadwatch')
    .description('Watches traffic: cameras in, road users and their groups out.')
    .version(installedVersion())
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  addServerFlags(addConfigFlags(subcommand(program, 'run')))
    .description('run the service until SIGTERM or Ctrl-C')
    .addOption(
      new Option(
        '--role <role...>',
        'the parts that run in this process, of those that Kafka joins (kafka.roles)',
      ).choices([...roleNames, 'all']),
    )
    .action(async (flags) => done(await (await import('./run.ts')).runService(flags)));
  addServerFlags(subcommand(program, 'demo'))
    .description('play the clips of the installation as cameras and show them on a page')
    .option('--cameras <number>', 'how many cameras', numberBetween(1, maxDemoCameras, true), 3)
    .option('--seconds <number>', 'end after so many seconds', numberBetween(1, maxDemoSeconds))
    .option('--json', 'print one JSON line with what was analysed at the end')
    .action(async (flags) => done(await (await import('./demo.ts')).runDemo(flags)));
  addServerFlags(addConfigFlags(subcommand(program, 'check')))
    .description('prove the configuration: what works, what does not, what to do')
    .option('--json', 'print one JSON line')
    .action(async (flags) => done(await (await import('./check.ts')).checkInstallation(flags)));
  addConfigFlags(subcommand(program, 'detect'))
    .description('print what is in pictures and videos: one JSON line for each picture or analysed frame')
    .argument('<file...>', 'pictures or videos')
    .option('--every <seconds>', 'of a video, a frame every so often; 0: each', numberBetween(0, maxEverySeconds), 0)
    .option('--confidence <number>', 'least score, 0 to 1 (detection.confidence)')
    .option('--nms <number>', 'IoU above which two boxes are one object, 0 to 1 (detection.iou)')
    .option('--size <HxW>', "the model's input, or its long side (detector.inputSize)")
    .option('--draw <folder>', 'write the pictures with their boxes drawn')
    .action(async (files, flags) => done(await (await import('./detect.ts')).detectInFiles(files, flags)));
  addConfigFlags(subcommand(program, 'tune'))
    .description('measure how this machine runs the model best, and keep it for the service')
    .option('--if-needed', 'do nothing where that is known already')
    .option('--json', 'print one JSON line')
    .action(async (flags) => done(await (await import('./tune.ts')).tune(flags)));
  addConfigFlags(subcommand(program, 'topics'))
    .description('look whether the Kafka cluster has the topics that it should, or make and mend them')
    .addArgument(new Argument('[action]', 'what to do').choices(['check', 'create']).default('check'))
    .option('--partitions <number>', 'partitions of each topic', numberBetween(1, maxPartitions, true), 16)
    .option('--replication <number>', 'replicas of each; 3 unless there are fewer brokers', numberBetween(1, 100, true))
    .option('--json', 'print one JSON line')
    .action(async (action, flags) => done(await (await import('./topics.ts')).manageTopics(action, flags)));
  subcommand(program, 'fake-llm')
    .description('a model provider to try things with: OpenAI-compatible, on loopback, with limits and faults')
    .option('--port <number>', 'port to listen on; 0: any', numberBetween(0, 65_535, true), 0)
    .option('--keys <number>', 'keys that it accepts: fake-key-1 and on', numberBetween(1, 1000, true), 1)
    .option('--accounts <number>', 'accounts that the keys are spread over', numberBetween(1, 1000, true), 1)
    .option('--rps <number>', 'requests a second of each account', numberBetween(0.01, 1e6))
    .option('--rpm <number>', 'requests a minute of each account', numberBetween(0.01, 1e6))
    .option('--tpm <number>', 'tokens a minute of each account', numberBetween(1, 1e9))
    .option('--retry-after <seconds>', 'Retry-After of refusals; none: without', numberBetween(0, 3600))
    .option('--latency-ms <number>', 'mean latency', numberBetween(0, 600_000), 800)
    .option('--stragglers <share>', 'share of answers that take long', numberBetween(0, 1), 0)
    .option('--straggler-ms <number>', 'how long these take', numberBetween(0, 600_000), 5000)
    .addOption(
      new Option('--risk <level>', 'what it finds in every group; unless given, made up from the picture').choices(
        riskLevels,
      ),
    )
    .option('--seed <number>', 'same seed, same chance', numberBetween(0, 1e9, true), 1)
    .option('--seconds <number>', 'end after so many seconds', numberBetween(1, maxDemoSeconds))
    .action(async (flags) => done(await (await import('./fake-llm.ts')).runFakeLlm(flags)));
  describeCameras(subcommand(program, 'cameras'), done);
  describeServices(subcommand(program, 'services'), done);
  describeAccounts(subcommand(program, 'accounts'), done);
  describeOutbox(subcommand(program, 'outbox'), done);
  addConfigFlags(subcommand(program, 'streaming-test'))
    .description('send detections of cameras that are none through the topics, while the roles run, and miss nothing')
    .addOption(
      new Option('--mode <mode>', 'e2e: one of each camera; load: one at each interval')
        .choices(['e2e', 'load'])
        .default('e2e'),
    )
    .option('--cameras <number>', 'how many cameras', numberBetween(1, maxTestCameras, true), 3)
    .option('--duration <seconds>', 'of load: how long to send', numberBetween(1, maxDemoSeconds), 30)
    .option('--interval <seconds>', 'of load: time between two of one camera', numberBetween(0.01, 3600), 1.8)
    .option('--settle <seconds>', 'how long one may take through all topics', numberBetween(1, maxWaitSeconds), 30)
    .option('--ready <seconds>', 'how long it may take until topics are read', numberBetween(1, maxWaitSeconds), 30)
    .option('--picture-kib <number>', 'size of the picture of each group', numberBetween(1, 1024), 16)
    .option('--bootstrap <brokers>', 'host:port, separated by commas (kafka.bootstrapServers)')
    .option('--json', 'print one JSON line at the end')
    .action(async (flags) => done(await (await import('./streaming-test.ts')).testStreaming(flags)));
  addServerFlags(addConfigFlags(subcommand(program, 'config')))
    .description('print the configuration that results, without its secrets')
    .option('--json', 'print one JSON line')
    .option('--docs', 'print the reference of all settings (Markdown)')
    .action(async (flags) => done(await (await import('./config.ts')).showConfig(flags)));
  addConfigFlags(subcommand(program, 'doctor'))
    .description('write what support needs into one file, without secrets: also where nothing works')
    .option('--out <file>', 'the file to make (default: roadwatch-doctor-TIME.json.gz)')
    .option('--log <file>', 'a log to be taken in beside the journal')
    .action(async (flags) => done(await (await import('./doctor.ts')).examine(flags)));
  addConfigFlags(subcommand(program, 'backup'))
    .description('write what is kept into one file, while the service runs or not')
    .option('--out <file>', 'the file to make (default: roadwatch-backup-TIME.tar.gz)')
    .option('--with-secrets', 'the configuration, passwords and keys, too')
    .action(async (flags) => done(await (await import('./backup.ts')).backUp(flags)));
  addConfigFlags(subcommand(program, 'restore'))
    .description('put a backup in the place of what is kept; the service must not run')
    .argument('<file>', 'made by `roadwatch backup`')
    .action(async (file, flags) => done(await (await import('./backup.ts')).restore(file, flags)));
  subcommand(program, 'schemas')
    .description('print the JSON Schemas of what other programs read: one line each')
    .option('--out <folder>', 'write them there instead, a file each')
    .action(async (flags) => done(await (await import('./schemas.ts')).showSchemas(flags)));
  return program;
}

function describeAccounts(accounts: Command, done: (code: ExitCode) => void): void {
  accounts.description('who may log in, and the tokens of programs; also for whoever has lost the password');
  const commands = async () => (await import('./accounts.ts')).accountCommands;
  const add = (parent: Command, name: string) =>
    addConfigFlags(subcommand(parent, name)).option('--json', 'print one JSON line each');
  const role = () =>
    new Option('--role <role>', 'what it may do; the first account is an administrator').choices([...roles]);
  add(accounts, 'list')
    .description('print the accounts')
    .action(async (flags) => done(await (await commands()).list(flags)));
  add(accounts, 'add')
    .description('make an account; the password is asked for, or the first line of stdin')
    .argument('<name>')
    .addOption(role().default('viewer'))
    .action(async (name, flags) => done(await (await commands()).add(name, flags)));
  add(accounts, 'remove')
    .description('remove an account; its sessions end')
    .argument('<name>')
    .action(async (name, flags) => done(await (await commands()).remove(name, flags)));
  add(accounts, 'reset-password')
    .description('give an account another password, asked for or the first line of stdin; its sessions end')
    .argument('<name>')
    .action(async (name, flags) => done(await (await commands()).resetPassword(name, flags)));
  const tokens = subcommand(accounts, 'tokens').description('tokens of programs');
  add(tokens, 'list')
    .description('print the tokens, without their secrets')
    .action(async (flags) => done(await (await commands()).listTokens(flags)));
  add(tokens, 'add')
    .description('make a token and print it, once')
    .argument('<name>')
    .addOption(role().default('viewer'))
    .action(async (name, flags) => done(await (await commands()).addToken(name, flags)));
  add(tokens, 'remove')
    .description('remove a token: what shows it is let in no more')
    .argument('<name>')
    .action(async (name, flags) => done(await (await commands()).removeToken(name, flags)));
}

function describeServices(services: Command, done: (code: ExitCode) => void): void {
  services.description('the roles of the service, each in a process of its own that goes on by itself');
  const addFlags = (command: Command) =>
    command
      .addOption(new Option('--role <role...>', 'these alone').choices([...roleNames, 'all']))
      .option('--run-folder <folder>', 'where PID files and logs are kept (default: services/ in the state folder)')
      .option('--json', 'print one JSON line');
  const seconds = numberBetween(0, maxWaitSeconds);
  addServerFlags(addConfigFlags(addFlags(subcommand(services, 'start'))))
    .description('start one process for each role; without Kafka, one for all; ports in a row from --port on')
    .option('--wait <seconds>', 'how long each may take until it listens', seconds, 30)
    .action(async (flags) => done(await (await import('./services.ts')).startServices(flags)));
  addFlags(subcommand(services, 'stop'))
    .description('end them; those that do not end in time are killed, and named')
    .option('--wait <seconds>', 'how long each may take to end by itself', seconds, 15)
    .action(async (flags) => done(await (await import('./services.ts')).stopServices(flags)));
  addFlags(subcommand(services, 'status'))
    .description('say what has become of them')
    .action(async (flags) => done(await (await import('./services.ts')).showServices(flags)));
}

function subcommand(program: Command, name: string): Command {
  return program.command(name).exitOverride();
}
