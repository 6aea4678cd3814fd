// Hydrates the pages. It is a file of its own, so that the Content-Security-Policy needs no inline script.
// The build replaces these names with the hashed names.
import init, { hydrate } from './app.js';

// Only scripts can import. The pages use it when tabs share one connection.
globalThis.importTidings = () => import('../tidings.js');

await init({ module_or_path: new URL('./app_bg.wasm', import.meta.url) });
hydrate();
