// Schemas of the description (JSON Schema 2020-12), as people read them, and examples of what fits them.
import { el, inline, table } from './elements.js';

/** How deep the fields of fields are shown. */
const DEPTH = 6;

/** What a reference names. */
export function resolve(api, value) {
  let found = value;
  for (let steps = 0; found?.$ref && steps < 10; steps++) {
    const path = found.$ref.slice(2).split('/');
    found = path.reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], api);
  }
  return found ?? {};
}

/** The alternatives of a schema, without `null`. */
function choices(api, schema) {
  const all = schema.oneOf ?? schema.anyOf;
  return all?.filter((one) => resolve(api, one).type !== 'null');
}

/** The schema itself, where it is wrapped in one that only adds something to it. */
function core(api, value) {
  const schema = resolve(api, value);
  const few = choices(api, schema);
  if (few?.length === 1) return core(api, few[0]);
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => core(api, part));
    return {
      ...Object.assign({}, ...parts, schema),
      properties: Object.assign({}, ...parts.map((part) => part.properties)),
      required: parts.flatMap((part) => part.required ?? []),
    };
  }
  return schema;
}

const named = (value) => value?.$ref?.split('/').pop();

/** The type in a few words. */
export function typeOf(api, value) {
  const schema = core(api, value);
  const several = choices(api, schema);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (several) return several.map((one) => named(one) ?? typeOf(api, one)).join(' | ');
  const types = [schema.type ?? 'any JSON'].flat().filter((type) => type !== 'null');
  if (types[0] === 'array') return `array of ${typeOf(api, schema.items ?? {})}`;
  return types.join(' | ');
}

/** The limits of a schema in a few words. */
export function limitsOf(api, value) {
  const schema = core(api, value);
  const parts = [];
  const add = (name, text) => schema[name] !== undefined && parts.push(text(schema[name]));
  add('minimum', (n) => `at least ${n}`);
  add('maximum', (n) => `at most ${n}`);
  add('minLength', (n) => `${n} characters or more`);
  add('maxLength', (n) => `at most ${n} characters`);
  add('maxItems', (n) => `at most ${n} items`);
  add('default', (one) => `default ${JSON.stringify(one)}`);
  add('pattern', (text) => `pattern ${text}`);
  return parts.join(', ');
}

/** The fields of a schema as a table, and below it those of its fields; nothing if it has none. */
export function fields(api, value, seen = []) {
  const schema = core(api, value);
  if (schema.type === 'array' && schema.items) return fields(api, schema.items, seen);
  const several = choices(api, schema) ?? [];
  const own = Object.entries(schema.properties ?? {});
  const tables = [];
  if (own.length > 0) {
    const required = new Set(schema.required ?? []);
    const rows = own.map(([name, field]) => [
      el('code', {}, name),
      [typeOf(api, field), required.has(name) ? '' : el('span', { class: 'optional' }, ' optional')],
      [inline(field.description ?? resolve(api, field).description ?? ''), limits(api, field)],
    ]);
    tables.push(table('Fields', ['field', 'type', 'about'], rows));
  }
  if (seen.length >= DEPTH) return tables;
  for (const [name, field] of [...own, ...several.map((one) => [named(one) ?? 'one of', one])]) {
    const known = named(field) ?? named(resolve(api, field).items) ?? named(choices(api, resolve(api, field))?.[0]);
    if (known && seen.includes(known)) continue;
    const inner = fields(api, field, [...seen, known ?? name]);
    if (inner.length > 0) tables.push(el('details', {}, el('summary', {}, 'Fields of ', el('code', {}, name)), inner));
  }
  return tables;
}

function limits(api, field) {
  const text = limitsOf(api, field);
  return text && el('span', { class: 'hint' }, ` (${text})`);
}

/** An example of what fits a schema: its required fields. */
export function example(api, value, depth = 0) {
  const schema = core(api, value);
  const given = resolve(api, value).example ?? schema.example ?? schema.default ?? schema.const;
  if (given !== undefined) return given;
  if (schema.enum) return schema.enum[0];
  const several = choices(api, schema);
  if (several) return example(api, several[0], depth + 1);
  switch (schema.properties ? 'object' : [schema.type].flat()[0]) {
    case 'object': {
      if (depth > DEPTH) return {};
      const required = schema.required ?? [];
      return Object.fromEntries(required.map((name) => [name, example(api, schema.properties?.[name] ?? {}, depth + 1)]));
    }
    case 'array':
      return depth > DEPTH ? [] : [example(api, schema.items ?? {}, depth + 1)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return 'text';
  }
}
