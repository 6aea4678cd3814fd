// The parser of /tidings.js, with streams that are split at every position. No browser is needed.
import { expect, test } from '@playwright/test';
import { eventParser } from '../../app/js/tidings/event_parser.js';

type ParsedEvent = { type: string; id?: string; text: string };

/** Parses these bytes in pieces of `size`. */
function parse(bytes: Uint8Array, size: number): ParsedEvent[] {
  const events: ParsedEvent[] = [];
  const feed = eventParser((event: ParsedEvent) => events.push(event));
  for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size));
  return events;
}

/** Parses the text, and asserts that the result does not depend on the size of the pieces. */
function parseInAllPieces(text: string): ParsedEvent[] {
  const bytes = new TextEncoder().encode(text);
  const whole = parse(bytes, bytes.length);
  for (let size = 1; size < bytes.length; size++) expect(parse(bytes, size), `in pieces of ${size}`).toEqual(whole);
  return whole;
}

test('lines may end with LF, CR or CRLF, and each event has its own id and type', () => {
  for (const end of ['\n', '\r', '\r\n']) {
    const stream = ['id: k-1', 'event: paid', 'data: a', 'data: b', '', 'data:c', '', 'id', 'data', '', ''].join(end);
    expect(parseInAllPieces(stream)).toEqual([
      { type: 'paid', id: 'k-1', text: 'a\nb' },
      { type: 'message', id: undefined, text: 'c' },
      { type: 'message', id: '', text: '' },
    ]);
  }
});

test('line ends may be mixed, and an incomplete event is ignored', () => {
  expect(parseInAllPieces('data: a\r\rdata: b\r\n\ndata: c\n\r\ndata: d')).toEqual(
    ['a', 'b', 'c'].map((text) => ({ type: 'message', id: undefined, text })),
  );
});

test('characters may be split between chunks, and a byte order mark is skipped', () => {
  expect(parseInAllPieces('\ufeffdata: 你好 👋🏽 é\n\n')).toEqual([{ type: 'message', id: undefined, text: '你好 👋🏽 é' }]);
});

test('one leading space is removed, and comments, unknown fields and ids with NUL are ignored', () => {
  expect(parseInAllPieces(': hello\nretry: 10\nother: x\nid: a\0b\ndata:  two: spaces \n\nevent: lonely\n\n')).toEqual([
    { type: 'message', id: undefined, text: ' two: spaces ' },
  ]);
});

test('other Unicode line separators stay in the data', () => {
  expect(parseInAllPieces('data: a\u2028b\u0085c\vd\n\n')[0].text).toBe('a\u2028b\u0085c\vd');
});
