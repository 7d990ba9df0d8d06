import type { ClusterView } from './cluster-view.ts';
import type { KafkaFault } from './kafka-fault.ts';
import type { BrokerRecord } from './kafka-options.ts';

/** What a producer tells its owner, on the event loop. */
export interface ProducerListener {
  /** What became of a record: without a fault the broker has it, on as many replicas as the topic demands. */
  onReport(token: object, fault: KafkaFault | undefined): void;
  /** It can send nothing more. */
  onFatal(fault: KafkaFault): void;
}

/** A producer that has found its brokers; it finds them again by itself. Tests script their own. */
export interface ProducerClient extends ClusterView {
  /** Takes the record, of which the listener will hear by `token`; or says why not. */
  produce(record: BrokerRecord, token: object): KafkaFault | undefined;
  /** Gives up what is still on its way; nothing is told of it. */
  close(): Promise<void>;
}

/** Rejects with a `KafkaFaultError` where no broker answers. */
export type ConnectProducer = (listener: ProducerListener) => Promise<ProducerClient>;
