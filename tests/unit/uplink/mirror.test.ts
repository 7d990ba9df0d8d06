import { expect, test, vi } from 'vitest';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import { mirror } from '../../../src/uplink/mirror.ts';
import { detectionMessage, groupRisk, resultMessage } from '../../support/risk-messages.ts';
import { ScriptedSender } from '../../support/scripted-sender.ts';

test('detections and assessments are handed on as records, and the bus waits for none of them', async () => {
  const bus = new MemoryBus({ onHandlerError: vi.fn() });
  const sender = new ScriptedSender();
  const onLost = vi.fn();
  mirror(bus, sender, onLost);
  const detection = detectionMessage('r1', [[0, 0, 10, 10]]);
  await bus.publish('detection-results', '7', detection);
  await bus.publish('risk-assessment-results', '7', resultMessage('r1', groupRisk(1), { taskId: 't1' }));
  // Nothing is confirmed, and the bus has nothing left to do.
  await bus.close();
  expect(sender.handed).toEqual(['r1', 't1_result']);
  sender.confirm(1);
  expect(sender.arrived[0]).toMatchObject({ topic: 'detection-results', key: '7', urgency: 'normal' });
  expect(JSON.parse(String(sender.arrived[0]?.value))).toEqual(detection);
  expect(onLost).not.toHaveBeenCalled();
  sender.giveBack();
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce());
  expect(onLost).toHaveBeenCalledWith('risk-assessment-results', '7', expect.objectContaining({ code: 'broker-away' }));
});
