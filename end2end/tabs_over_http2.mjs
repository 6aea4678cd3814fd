// Opens tabs with a native EventSource each, pushes to everyone, and fails unless each tab got the message, over HTTP/2 and
// one connection. With HTTP/1.1 a browser opens six connections at most.
//
//   node tabs_over_http2.mjs URL TABS TOKEN_FILE ROOT_CERTIFICATE
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { chromium } from '@playwright/test';

const [url, tabs, tokenFile, root] = process.argv.slice(2);
const token = readFileSync(tokenFile, 'utf8').trim();
const executablePath = process.env.TIDINGS_CHROMIUM ?? ['/usr/bin/chromium'].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
// The root of the authority is for tests, and no browser knows it. The doctor has checked the chain.
const context = await browser.newContext({ ignoreHTTPSErrors: true });

const listen = (number) => {
  window.received = [];
  const stream = new EventSource(`/sse?client_id=tab-${number}`);
  stream.onmessage = (event) => window.received.push(event.data);
  return new Promise((resolve) => { stream.onopen = resolve; });
};
const pages = [];
for (let number = 0; number < Number(tabs); number += 1) {
  const page = await context.newPage();
  // The document of a page without a stream of its own.
  await page.goto(`${url}/robots.txt`);
  await page.evaluate(listen, number);
  pages.push(page);
}

// Established connections to port 443 of this machine. Each is listed twice: once for each end.
const established = () => readFileSync('/proc/self/net/tcp', 'utf8').split('\n')
  .filter((line) => line.trim().split(/\s+/)[1]?.endsWith(':01BB') && line.trim().split(/\s+/)[3] === '01').length;
const connections = established();
if (connections !== 1) throw new Error(`${connections} connections`);

const text = 'To every tab';
await push({ to: 'everyone', data: text });
for (const page of pages) {
  await page.waitForFunction((expected) => window.received.includes(expected), text);
}
const protocols = await Promise.all(pages.map((page) => page.evaluate(
  () => performance.getEntriesByType('navigation')[0].nextHopProtocol)));
const others = protocols.filter((protocol) => protocol !== 'h2');
if (others.length > 0) throw new Error(`${others.length} tabs used ${others[0]}`);
await browser.close();
console.log(`${pages.length} tabs, ${connections} connection`);

function push(body) {
  const options = {
    method: 'POST',
    ca: readFileSync(root),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/push`, options, (answer) => {
      answer.resume();
      if (answer.statusCode < 300) answer.on('end', resolve);
      else reject(new Error(`the push was answered with ${answer.statusCode}`));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
