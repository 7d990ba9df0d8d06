import { render } from 'preact';
import { App } from './app.tsx';
import { CameraStore } from './camera/camera-store.ts';
import { Appliance } from './connection/appliance.ts';
import { applyTheme, initialTheme } from './theme.ts';
import './style.css';

applyTheme(initialTheme());

const store = new CameraStore();
const appliance = new Appliance(store);
const root = document.getElementById('app');
if (root) render(<App appliance={appliance} store={store} />, root);
appliance.connect();
