import type { KeyListData } from '../../../src/server/messages.ts';
import { PolledStore } from '../connection/polled-store.ts';

/** Who judges and how the API keys stand: the page says when the model does not judge. */
export class KeyStore extends PolledStore<KeyListData> {}
