// The parser of /tidings.js, against streams that are cut anywhere. No browser is needed for it.
import { expect, test } from '@playwright/test';
import { eventParser } from '../../app/js/tidings/event_parser.js';

type Heard = { type: string; id?: string; text: string };

/** What comes out of these bytes, in pieces of `size`. */
function parse(bytes: Uint8Array, size: number): Heard[] {
  const heard: Heard[] = [];
  const feed = eventParser((event: Heard) => heard.push(event));
  for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size));
  return heard;
}

/** The same, which has to be the same wherever it is cut. */
function heard(text: string): Heard[] {
  const bytes = new TextEncoder().encode(text);
  const whole = parse(bytes, bytes.length);
  for (let size = 1; size < bytes.length; size++) expect(parse(bytes, size), `in pieces of ${size}`).toEqual(whole);
  return whole;
}

test('lines may end in LF, CR or CRLF, and each event has its own id and type', () => {
  for (const end of ['\n', '\r', '\r\n']) {
    const stream = ['id: k-1', 'event: paid', 'data: a', 'data: b', '', 'data:c', '', 'id', 'data', '', ''].join(end);
    expect(heard(stream)).toEqual([
      { type: 'paid', id: 'k-1', text: 'a\nb' },
      { type: 'message', id: undefined, text: 'c' },
      { type: 'message', id: '', text: '' },
    ]);
  }
});

test('endings may be mixed, and an event that is not whole is none', () => {
  expect(heard('data: a\r\rdata: b\r\n\ndata: c\n\r\ndata: d')).toEqual(
    ['a', 'b', 'c'].map((text) => ({ type: 'message', id: undefined, text })),
  );
});

test('characters that are cut stay whole, and a byte order mark is no text', () => {
  expect(heard('\ufeffdata: 你好 👋🏽 é\n\n')).toEqual([{ type: 'message', id: undefined, text: '你好 👋🏽 é' }]);
});

test('only one space goes, comments and unknown fields mean nothing, nor does an id with a NUL', () => {
  expect(heard(': hello\nretry: 10\nother: x\nid: a\0b\ndata:  two: spaces \n\nevent: lonely\n\n')).toEqual([
    { type: 'message', id: undefined, text: ' two: spaces ' },
  ]);
});

test('line separators that are none in a stream stay in the data', () => {
  expect(heard('data: a\u2028b\u0085c\vd\n\n')[0].text).toBe('a\u2028b\u0085c\vd');
});
