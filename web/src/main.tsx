import { render } from 'preact';
import { Entrance } from './account/entrance.tsx';
import { SessionStore } from './account/session-store.ts';
import { alertApi } from './alerts/alert-api.ts';
import { AlertSound } from './alerts/alert-sound.ts';
import { AlertStore } from './alerts/alert-store.ts';
import { App } from './app.tsx';
import { CameraStore } from './camera/camera-store.ts';
import { Appliance } from './connection/appliance.ts';
import { PolledStore } from './connection/polled-store.ts';
import { readKeys } from './keys/key-api.ts';
import { KeyStore } from './keys/key-store.ts';
import { applyTheme, initialTheme } from './theme.ts';
import { readUplink } from './uplink/uplink-api.ts';
import './style.css';

applyTheme(initialTheme());

const store = new CameraStore();
const alerts = new AlertStore(alertApi);
const keys = new KeyStore({ read: readKeys, isHidden: () => document.hidden });
const uplink = new PolledStore({ read: readUplink, isHidden: () => document.hidden });
document.addEventListener('visibilitychange', () => {
  keys.refresh();
  uplink.refresh();
});
const sound = new AlertSound();
const session = new SessionStore();
const appliance = new Appliance(store, alerts, [keys, uplink], () => session.check());
const root = document.getElementById('app');
if (root) {
  const parts = { session, appliance, store, alerts, keys, uplink, sound };
  render(
    <Entrance store={session} onEnter={() => appliance.connect()}>
      <App {...parts} />
    </Entrance>,
    root,
  );
}
