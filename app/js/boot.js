// Makes the pages come alive. A file of its own, so that the Content-Security-Policy needs no inline script.
// The build puts the names after their content in place of these.
import init, { hydrate } from './app.js';

await init({ module_or_path: new URL('./app_bg.wasm', import.meta.url) });
hydrate();
