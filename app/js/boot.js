// Hydrates the pages. It is a file of its own, so that the Content-Security-Policy needs no inline script.
// The build puts this file and the bindings together, and replaces the names of the wasm files with the hashed names.
import init, { hydrate } from './app.js';

// Only scripts can import. The pages use it when tabs share one connection.
globalThis.importTidings = () => import('../tidings.js');

// The server renders a new client id. A tab that has one shows its own at once, wherever the new one is shown.
const ownId = () => {
  try {
    return localStorage.getItem('tidings.shared_id') ?? sessionStorage.getItem('tidings.client_id');
  } catch { /* not allowed */ }
};
const shownId = document.querySelector('code.id')?.firstChild;
const [newId, own] = [shownId?.data, ownId()];
if (newId && own) {
  for (const { firstChild } of document.querySelectorAll('code.id, .command pre')) {
    firstChild.data = firstChild.data.replace(newId, own);
  }
}

// What is typed and chosen while the page is not alive yet. Nothing hears it, and hydration sets each control to what the
// server has rendered. So it is done again afterwards.
const early = new Map();
const canBeChecked = ({ type }) => type === 'checkbox' || type === 'radio';
const shown = (control) => (canBeChecked(control) ? control.checked : control.value);
const rendered = (control) => {
  if (control.options) return (control.querySelector('[selected]') ?? control.options[0])?.value;
  return canBeChecked(control) ? control.defaultChecked : control.defaultValue;
};
const note = ({ target }) => early.set(target, shown(target));
for (const control of document.querySelectorAll('select, input, textarea')) {
  if (shown(control) !== rendered(control)) note({ target: control });
}
addEventListener('input', note, true);
const doAgain = () => {
  removeEventListener('input', note, true);
  for (const [control, value] of early) {
    if (!canBeChecked(control)) {
      control.value = value;
      for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }));
    } else if (value || control.type === 'checkbox') {
      // A click changes it to what it was, and is what the pages listen for.
      control.checked = !value;
      control.click();
    }
  }
};

const sleep = (time) => new Promise((done) => setTimeout(done, time));

// How often in a row the page was loaded again.
let reloads = 0;
const remember = (count) => { try { sessionStorage.setItem('tidings.reloads', count); } catch { /* not allowed */ } };
try { reloads = Number(sessionStorage.getItem('tidings.reloads')); } catch { /* not allowed */ }

// A file of the pages could not be loaded: the server was updated and has other files now, or it does not answer. If
// that happens again after a reload, the next one is later: after 10 seconds, 20, 40, at most 5 minutes.
globalThis.reloadWhenReachable = async () => {
  if (reloads) await sleep(Math.min(5_000 * 2 ** reloads, 300_000));
  const answers = () => fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(() => true, () => false);
  while (!(await answers())) await sleep(1_000);
  remember(reloads + 1);
  location.reload();
};

// The page is painted before anything is loaded that brings it to life: that would share the network and the processor. A hidden
// page is never painted, so this does not wait long.
const painted = new Promise((done) => {
  const isPainted = (entries) => entries.getEntriesByName('first-contentful-paint').length && done();
  new PerformanceObserver(isPainted).observe({ type: 'paint', buffered: true });
});
await Promise.race([painted, sleep(1_000)]);
const contentOf = (id) => document.getElementById(id).content;
document.head.append(contentOf('needed'));

// What other pages need, one file after the other, while there is nothing else to do.
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
const fetchForLater = () => {
  const link = contentOf('others').firstElementChild;
  if (!link) return;
  document.head.append(link);
  whenIdle(fetchForLater);
};

const hydrated = await init({ module_or_path: new URL('./app_bg.wasm', import.meta.url) })
  .then(hydrate)
  .catch((error) => console.error(error));
if (hydrated) {
  doAgain();
  reloads = 0;
  remember(0);
  whenIdle(fetchForLater);
} else {
  document.getElementById('not-loaded').hidden = false;
  globalThis.reloadWhenReachable();
}
