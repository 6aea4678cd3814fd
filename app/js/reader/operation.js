// One operation of the API. Its details are made when it is opened.
import { el, inline, prose, table } from './elements.js';
import { fields, limitsOf, resolve, typeOf } from './schema.js';
import { trying } from './trying.js';

/** All operations of the description, in its order. */
export function operationsOf(api) {
  const methods = ['get', 'post', 'put', 'patch', 'delete'];
  return Object.entries(api.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method])
      .map((method) => ({ id: item[method].operationId, method, path, operation: item[method] })),
  );
}

/** The operation as something that opens. */
export function operationView(api, entry) {
  const { id, method, path, operation } = entry;
  const details = el(
    'details',
    { class: 'operation', id },
    el(
      'summary', {},
      el('span', { class: `method ${method}` }, method.toUpperCase()), ' ',
      el('code', {}, path), ' ',
      el('span', {}, operation.summary ?? ''),
    ),
  );
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(el('div', { class: 'inside' }, inside(api, entry)));
  };
  details.addEventListener('toggle', fill);
  return details;
}

function inside(api, entry) {
  const { operation } = entry;
  return [
    prose(operation.description),
    parameters(api, operation),
    body(api, operation),
    responses(api, operation),
    trying(api, entry),
  ];
}

function parameters(api, operation) {
  const all = (operation.parameters ?? []).map((one) => resolve(api, one));
  if (all.length === 0) return [];
  const rows = all.map((one) => [
    [el('code', {}, one.name), ` ${one.in}`, one.required ? '' : el('span', { class: 'optional' }, ' optional')],
    typeOf(api, one.schema ?? {}),
    [inline(one.description ?? ''), ' ', el('span', { class: 'hint' }, limitsOf(api, one.schema ?? {}))],
  ]);
  return [el('h4', {}, 'Parameters'), table('Parameters', ['name', 'type', 'about'], rows)];
}

function body(api, operation) {
  const content = Object.entries(resolve(api, operation.requestBody).content ?? {});
  return content.flatMap(([type, { schema }]) => [el('h4', {}, 'Body: ', el('code', {}, type)), fields(api, schema ?? {})]);
}

function responses(api, operation) {
  const all = Object.entries(operation.responses ?? {}).map(([status, one]) => [status, resolve(api, one)]);
  const rows = all.map(([status, response]) => [el('code', {}, status), prose(response.description)]);
  const answers = all
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, response]) => Object.values(response.content ?? {}))
    .flatMap(({ schema }) => fields(api, schema ?? {}));
  return [
    el('h4', {}, 'Answers'),
    table('Answers', ['status', 'about'], rows),
    answers.length > 0 ? el('details', {}, el('summary', {}, 'Fields of the answer'), answers) : [],
  ];
}
