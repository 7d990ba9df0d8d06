import { describe, expect, it } from 'vitest';
import type { Standstill } from '../../../src/detect/watchdog.ts';
import { createLog } from '../../../src/log.ts';
import { serviceManager } from '../../../src/supervision/service-manager.ts';
import { type Condition, Supervision } from '../../../src/supervision/supervision.ts';
import { ManualClock } from '../../../src/time/clock.ts';

const watchdogMs = 30_000;

function logTo(lines: string[]) {
  return createLog('info', { write: (line: string) => void lines.push(JSON.parse(line).msg) });
}

function supervise(options: { watchdogMs?: number } = { watchdogMs }) {
  const told: string[] = [];
  const lines: string[] = [];
  const clock = new ManualClock();
  const condition: { -readonly [Key in keyof Condition]: Condition[Key] } = { status: 'well', standstills: [] };
  const supervision = new Supervision({
    manager: { ...options, tell: (message) => void told.push(message) },
    look: () => condition,
    log: logTo(lines),
    clock,
  });
  return { told, lines, clock, condition, supervision };
}

describe('a service that is supervised', () => {
  it('says that it is ready, how it is, and three times within the time of the watchdog that it lives', () => {
    const { told, clock, supervision } = supervise({ watchdogMs: 6000 });
    supervision.start();
    expect(told).toEqual(['READY=1', 'STATUS=well', 'WATCHDOG=1']);
    clock.advance(1999);
    expect(told).toHaveLength(3);
    clock.advance(4001);
    expect(told.slice(3)).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  });

  it('tells of its status when that changes, within five seconds, with a watchdog or without', () => {
    const { told, clock, condition, supervision } = supervise({});
    supervision.start();
    condition.status = '1 of 2 cameras live';
    clock.advance(5000);
    clock.advance(5000);
    expect(told.filter((message) => message.startsWith('STATUS'))).toEqual([
      'STATUS=well',
      'STATUS=1 of 2 cameras live',
    ]);
  });

  it('does not say that it lives while a stage stands still, and names the stage once', () => {
    const { told, lines, clock, condition, supervision } = supervise();
    supervision.start();
    const still: Standstill[] = [{ stage: 'inference' }, { stage: 'decode', cameraId: 'gate' }];
    condition.standstills = still;
    told.length = 0;
    clock.advance(watchdogMs);
    expect(told).toEqual([]);
    expect(lines).toEqual([
      'stands still, whatever is tried: inference, decode of camera gate; systemd starts the service anew',
    ]);
    condition.standstills = [];
    clock.advance(5000);
    expect(told).toEqual(['WATCHDOG=1']);
  });

  it('asks for a new start where nobody watches over it', () => {
    const { lines, condition, supervision } = supervise({});
    condition.standstills = [{ stage: 'inference' }];
    supervision.start();
    expect(lines).toEqual(['stands still, whatever is tried: inference; start the service anew']);
  });

  it('says that it ends, and nothing after that', () => {
    const { told, clock, supervision } = supervise();
    supervision.start();
    told.length = 0;
    supervision.stop();
    clock.advance(60_000);
    expect(told).toEqual(['STOPPING=1']);
  });
});

describe('the service manager', () => {
  const socket = { NOTIFY_SOCKET: '/run/systemd/notify' };

  function managerOf(environment: NodeJS.ProcessEnv, fault?: Error) {
    const sent: [string, string][] = [];
    const lines: string[] = [];
    const manager = serviceManager(environment, logTo(lines), (address, message) => {
      if (fault) throw fault;
      sent.push([address, message]);
    });
    return { manager, sent, lines };
  }

  it('is told at its socket, by this process alone', () => {
    const environment = { ...socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid), LANG: 'C' };
    const { manager, sent } = managerOf(environment);
    manager.tell('READY=1');
    expect(sent).toEqual([['/run/systemd/notify', 'READY=1']]);
    expect(manager.watchdogMs).toBe(30_000);
    expect(environment).toEqual({ LANG: 'C' });
  });

  it('does not mind where it has not started the process, or watches another one', () => {
    const { manager, sent } = managerOf({});
    manager.tell('READY=1');
    expect(sent).toEqual([]);
    expect(manager.watchdogMs).toBeUndefined();
    const others = { ...socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' };
    expect(managerOf(others).manager.watchdogMs).toBeUndefined();
    expect(managerOf({ ...socket, WATCHDOG_USEC: '0' }).manager.watchdogMs).toBeUndefined();
  });

  it('that cannot be reached is no reason to end, and is said once', () => {
    const { manager, lines } = managerOf({ ...socket }, new Error('nobody listens'));
    manager.tell('READY=1');
    manager.tell('WATCHDOG=1');
    expect(lines).toEqual(['systemd is not told how the service is: nobody listens']);
  });
});
