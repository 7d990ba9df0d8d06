/**
 * A program to start as a service: says where it listens (a line of the log, as the service does), and ends on SIGTERM.
 *   node service-program.js listen|silent|deaf|fail
 */
import { createServer } from 'node:http';

const [behaviour] = process.argv.slice(2);

if (behaviour === 'fail') {
  console.error('{"level":"error","msg":"no model"}');
  process.exit(4);
}
const server = createServer((_request, response) => response.end('{"code":0,"data":{"status":"UP"}}'));
server.listen(0, '127.0.0.1', () => {
  if (behaviour !== 'silent') console.error(JSON.stringify({ host: '127.0.0.1', port: server.address().port }));
});
process.on('SIGTERM', () => {
  console.error('{"msg":"told to stop"}');
  if (behaviour !== 'deaf') process.exit(0);
});
