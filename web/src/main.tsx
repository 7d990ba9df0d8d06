import { render } from 'preact';
import { alertApi } from './alerts/alert-api.ts';
import { AlertSound } from './alerts/alert-sound.ts';
import { AlertStore } from './alerts/alert-store.ts';
import { App } from './app.tsx';
import { CameraStore } from './camera/camera-store.ts';
import { Appliance } from './connection/appliance.ts';
import { applyTheme, initialTheme } from './theme.ts';
import './style.css';

applyTheme(initialTheme());

const store = new CameraStore();
const alerts = new AlertStore(alertApi);
const sound = new AlertSound();
const appliance = new Appliance(store, alerts);
const root = document.getElementById('app');
if (root) render(<App appliance={appliance} store={store} alerts={alerts} sound={sound} />, root);
appliance.connect();
