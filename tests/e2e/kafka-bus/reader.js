/**
 * A process that does nothing but read results, slowly, to be killed or joined by others. A line on stdout for each message
 * that it begins and each that it ends: what, id, key, UTC milliseconds.
 *   node reader.js '{"address", "groupPrefix", "handleMs", "cameras"}'      cameras: what the keys that count begin with
 */
import { KafkaBus } from '../../../dist/bus/kafka/kafka-bus.js';
import { KafkaSender } from '../../../dist/bus/kafka/kafka-sender.js';
import { configSchema } from '../../../dist/config/schema.js';
import { realClock } from '../../../dist/time/clock.js';

const { address, groupPrefix, handleMs, cameras } = JSON.parse(process.argv[2] ?? '{}');
const { kafka: settings } = configSchema.parse({
  kafka: { enabled: true, bootstrapServers: [address], groupPrefix, sessionTimeoutMs: 2000 },
});
const surroundings = {
  clock: realClock,
  random: Math.random,
  lines: { write: (_level, _subject, _fields, message) => process.stderr.write(`${message}\n`) },
};
const sender = await KafkaSender.open({ connection: settings, ...surroundings });
const bus = await KafkaBus.open({
  settings,
  sender,
  ...surroundings,
  onHandlerError: (error) => process.stderr.write(`${error}\n`),
});
bus.subscribe('risk-assessment-results', 'llm-scheduler', async ({ messageId }, key) => {
  if (!key.startsWith(cameras)) return;
  say('begin', messageId, key);
  await new Promise((resolve) => setTimeout(resolve, handleMs));
  say('end', messageId, key);
});
process.on('SIGTERM', async () => {
  await bus.close();
  await sender.close();
  say('closed', '', '');
  process.exit(0);
});
let known = 0;
setInterval(() => {
  const assigned = bus.stats()[0]?.topics[0]?.partitions ?? 0;
  if (assigned !== known) say('partitions', assigned, '');
  known = assigned;
}, 20);

function say(what, id, key) {
  process.stdout.write(`${what} ${id} ${key} ${Date.now()}\n`);
}
