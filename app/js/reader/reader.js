// The API reference: shows /openapi.json, and sends requests to this server only.
import { el, prose } from './elements.js';
import { operationsOf, operationView } from './operation.js';
import { tokenBox } from './token.js';

const root = document.getElementById('api');

/** Opens the operation that the URL names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches('details')) {
    named.open = true;
    named.scrollIntoView();
    named.querySelector('summary').focus({ preventScroll: true });
  }
}

/** The field that leaves only what has all words. */
function filter(groups) {
  const none = el('p', { class: 'hint', role: 'status' });
  const apply = ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, views } of groups) {
      let some = false;
      for (const { view, text } of views) {
        view.hidden = !words.every((word) => text.includes(word));
        if (!view.hidden) [some, shown] = [true, shown + 1];
      }
      section.hidden = !some;
    }
    none.textContent = shown ? '' : 'No operation matches.';
  };
  return [
    el('label', { for: 'find-operation', class: 'unseen' }, 'Find an operation'),
    el('input', { id: 'find-operation', type: 'search', placeholder: 'Find an operation', autocomplete: 'off', spellcheck: 'false', input: apply }),
    none,
  ];
}

function show(api) {
  const all = operationsOf(api);
  const groups = (api.tags ?? []).map(({ name, description }) => {
    const views = all
      .filter(({ operation }) => operation.tags?.[0] === name)
      .map((entry) => ({
        view: operationView(api, entry),
        text: `${entry.method} ${entry.path} ${entry.operation.summary ?? ''} ${name}`.toLowerCase(),
      }));
    const title = `tag-${name}`;
    const section = el(
      'section', { 'aria-labelledby': title },
      el('h2', { id: title }, name), prose(description),
      views.map(({ view }) => view),
    );
    return { section, views };
  });
  root.replaceChildren(
    tokenBox(),
    ...filter(groups),
    ...groups.filter(({ views }) => views.length > 0).map(({ section }) => section),
  );
  addEventListener('hashchange', openNamed);
  openNamed();
}

try {
  const response = await fetch(new URL('../openapi.json', document.baseURI));
  if (!response.ok) throw new Error(`status ${response.status}`);
  show(await response.json());
} catch (error) {
  root.replaceChildren(el('p', { class: 'notice bad', role: 'alert' }, `The description of the API could not be loaded: ${error.message}`));
}
