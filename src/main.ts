#!/usr/bin/env node
import { endProcess } from './cli/end-process.ts';
import { runCommandLine } from './cli/program.ts';

/** After its work the process ends by itself; what would still keep it alive is not waited for longer than this. */
const lingerMs = 1000;

/** While a command waits for native threads alone, nothing else may keep the event loop running. */
const keepAlive = setInterval(() => {}, 60_000);
const code = await runCommandLine(process.argv.slice(2));
process.exitCode = code;
clearInterval(keepAlive);
setTimeout(() => void endProcess(code), lingerMs).unref();
