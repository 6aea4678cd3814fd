// The token that requests carry. It is in the memory of this page, and in this tab only if the user asks for that. It is
// sent in a header, never in a URL.
import { el } from './elements.js';

const KEY = 'tidings-reader-token';

/** The storage of this tab. Browsers may forbid it. */
function storage() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

let current = storage()?.getItem(KEY) ?? '';

/** The token; empty: the session of the browser counts. */
export const token = () => current;

/** The field for it. */
export function tokenBox() {
  const field = el('input', {
    id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'token-hint',
  });
  const keep = el('input', { id: 'keep-token', type: 'checkbox' });
  const state = el('p', { class: 'hint', role: 'status' });
  field.value = current;
  keep.checked = Boolean(storage()?.getItem(KEY));
  const update = () => {
    current = field.value.trim();
    if (keep.checked && current) storage()?.setItem(KEY, current);
    else storage()?.removeItem(KEY);
    state.textContent = current
      ? 'Requests of this page carry the token.'
      : 'Requests of this page carry no token. If you are signed in to the panel, your session counts.';
  };
  const forget = el('button', {
    type: 'button', class: 'quiet small', click: () => {
      field.value = '';
      keep.checked = false;
      update();
    },
  }, 'Forget');
  field.addEventListener('input', update);
  keep.addEventListener('change', update);
  update();
  return el(
    'section', { class: 'token', 'aria-labelledby': 'token-title' },
    el('h2', { id: 'token-title' }, 'Token'),
    el('p', { class: 'hint', id: 'token-hint' }, 'The admin token, an API key or another token. It is sent in the header ', el('code', {}, 'Authorization'), '.'),
    el('div', { class: 'row' }, el('label', { for: 'token', class: 'unseen' }, 'Token'), field, forget),
    el('label', { class: 'check', for: 'keep-token' }, keep, el('span', {}, 'Keep it in this tab until it is closed')),
    state,
  );
}
