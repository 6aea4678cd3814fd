// A form that sends a request of one operation, and shows the answer.
import { el } from './elements.js';
import { example, limitsOf, resolve, typeOf } from './schema.js';
import { token } from './token.js';

/** The URL below which the API is: that of the page, whatever path is before it. */
const BASE = new URL('../', document.baseURI);
/** The maximum number of characters of an answer that are shown. */
const SHOWN = 200_000;
const FORM = 'application/x-www-form-urlencoded';

/** The form. */
export function trying(api, { id, method, path, operation }) {
  const parameters = (operation.parameters ?? []).map((one) => resolve(api, one));
  const inputs = parameters.map((parameter) => parameterField(api, id, parameter));
  const body = bodyField(api, id, operation);
  const answer = el('div', { class: 'answer', 'aria-live': 'polite' });
  const send = el('button', { type: 'submit', class: 'primary small' }, 'Send');
  const stop = el('button', { type: 'button', class: 'quiet small', hidden: true }, 'Stop');
  const form = el(
    'form',
    {
      class: 'trying', 'aria-label': `Try ${method.toUpperCase()} ${path}`, submit: async (event) => {
        event.preventDefault();
        const aborter = new AbortController();
        const abort = () => aborter.abort();
        stop.addEventListener('click', abort);
        [send.disabled, stop.hidden] = [true, false];
        try {
          await show(request(method, path, inputs, body), answer, aborter.signal);
        } finally {
          stop.removeEventListener('click', abort);
          [send.disabled, stop.hidden] = [false, true];
        }
      },
    },
    inputs.map((input) => input.element),
    body?.element,
    el('div', { class: 'row' }, send, stop),
  );
  return [el('h4', {}, 'Try it'), form, answer];
}

function parameterField(api, id, parameter) {
  const schema = parameter.schema ?? {};
  const field = `${id}-${parameter.in}-${parameter.name}`;
  const values = resolve(api, schema).enum;
  const attributes = { id: field, required: parameter.required, 'aria-describedby': `${field}-hint` };
  const input = values
    ? el('select', attributes, el('option', { value: '' }, ''), values.map((value) => el('option', { value }, value)))
    : el('input', { ...attributes, type: 'text', autocomplete: 'off', spellcheck: 'false' });
  const hint = [parameter.description, typeOf(api, schema), limitsOf(api, schema)].filter(Boolean).join('. ');
  const optional = parameter.required ? '' : el('span', { class: 'optional' }, ' optional');
  const element = el(
    'div', {},
    el('label', { for: field }, el('code', {}, parameter.name), ` (${parameter.in})`, optional),
    input,
    el('p', { class: 'hint', id: `${field}-hint` }, hint),
  );
  return { element, parameter, value: () => input.value };
}

function bodyField(api, id, operation) {
  const content = resolve(api, operation.requestBody)?.content;
  if (!content) return undefined;
  const types = Object.keys(content);
  const field = el('textarea', { id: `${id}-body`, class: 'code', rows: 8, spellcheck: 'false', autocomplete: 'off' });
  const select = el('select', { id: `${id}-type` }, types.map((type) => el('option', { value: type }, type)));
  const fill = () => {
    const value = example(api, content[select.value].schema ?? {});
    if (select.value === FORM) field.value = new URLSearchParams(value).toString();
    else if (select.value.endsWith('ndjson')) field.value = [value].flat().map((line) => `${JSON.stringify(line)}\n`).join('');
    else field.value = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  };
  select.addEventListener('change', fill);
  fill();
  const element = el(
    'div', {},
    el('label', { for: `${id}-type` }, 'Type of the body'), select,
    el('label', { for: `${id}-body` }, 'Body'), field,
  );
  return { element, type: () => select.value, value: () => field.value };
}

/** The URL and the settings of the request. */
function request(method, path, inputs, body) {
  const headers = new Headers();
  const query = new URLSearchParams();
  let filled = path;
  for (const { parameter, value } of inputs) {
    const text = value();
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(text));
    else if (text === '') continue;
    else if (parameter.in === 'query' && parameter.schema?.type === 'array') text.split(',').forEach((one) => query.append(parameter.name, one.trim()));
    else if (parameter.in === 'query') query.append(parameter.name, text);
    else if (parameter.in === 'header') headers.set(parameter.name, text);
  }
  const url = new URL(filled.slice(1), BASE);
  url.search = query.toString();
  const settings = { method: method.toUpperCase(), headers };
  if (body?.value()) {
    headers.set('Content-Type', body.type());
    settings.body = body.value();
  }
  if (token()) {
    headers.set('Authorization', `Bearer ${token()}`);
    // What the token may do is to be seen, and not what a session may do.
    settings.credentials = 'omit';
  }
  return { url, settings };
}

async function show({ url, settings }, answer, signal) {
  const status = el('p', {}, el('strong', {}, 'Waiting\u2026'), ' ', el('code', {}, `${settings.method} ${url.pathname}${url.search}`));
  const text = el('pre', { tabindex: 0, 'aria-label': 'The answer' });
  answer.replaceChildren(status);
  try {
    const response = await fetch(url, { ...settings, signal });
    status.firstChild.textContent = `${response.status} ${response.statusText}`;
    status.className = response.ok ? 'good' : 'bad';
    answer.append(text);
    await read(response, text);
  } catch (error) {
    const said = signal.aborted ? 'Stopped.' : `The request failed: ${error.message}`;
    answer.append(el('p', { class: signal.aborted ? 'hint' : 'bad' }, said));
  }
}

/** Shows the body as it arrives, because streams do not end. JSON is indented when it is complete. */
async function read(response, element) {
  const isJson = /json$/.test((response.headers.get('Content-Type') ?? '').split(';')[0]);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let all = '';
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    if (all.length > SHOWN) {
      element.append('\n\u2026');
      await reader.cancel();
      return;
    }
    all += value;
    element.textContent = all;
  }
  try {
    if (isJson) element.textContent = JSON.stringify(JSON.parse(all), undefined, 2);
  } catch {
    // It is shown as it came.
  }
  if (!all) element.textContent = '(no content)';
}
