// The examples on the page /try must work without changes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, otherOrigin, Tab, test, type Tidings } from '../fixtures';

async function lines(page: Page, server: Tidings, language: string, client: string): Promise<string> {
  await page.goto(`${server.url}/try`);
  // From here on the page is hydrated.
  await expect(page.locator('#lines')).toContainText(`${server.url}/`);
  await page.getByLabel('Client id').fill(client);
  await page.getByRole('radio', { name: language, exact: true }).check();
  await expect(page.locator('#lines')).toContainText(client);
  await expect(page.locator('#lines')).toContainText(`${server.url}/`);
  return (await page.locator('#lines').textContent()) ?? '';
}

const programs: [string, string, string][] = [
  ['curl', 'lines.sh', 'sh'],
  ['Python', 'lines.py', 'python3'],
  ['Node', 'lines.mjs', 'node'],
];
for (const [language, file, program] of programs) {
  test(`the example for ${language} pushes to the client when it is run`, async ({ context, page, server }) => {
    const tab = await Tab.open(context, server);
    const text = await lines(page, server, language, await tab.id());
    const folder = mkdtempSync(join(tmpdir(), 'tidings-try-'));
    try {
      writeFileSync(join(folder, file), text);
      execFileSync(program, [file], { cwd: folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await expect(tab.messages()).toContainText(`Hello from ${language}`);
  });
}

for (const way of ['tidings.js', 'EventSource']) {
  test(`the example for ${way} subscribes on a page of another origin`, async ({ context, page, server }) => {
    const client = `try-${way}`;
    const html = `<!DOCTYPE html><title>Elsewhere</title><body>\n${await lines(page, server, way, client)}`;
    const elsewhere = await otherOrigin({ '/': html });
    try {
      const listening = await context.newPage();
      await listening.goto(`http://127.0.0.1:${elsewhere.port}/`);
      await expect
        .poll(async () => (await server.push({ to: { client }, data: 'it works', ttl: 0 })).connections)
        .toBe(1);
      await expect(listening.locator('body')).toContainText('it works');
    } finally {
      elsewhere.close();
    }
  });
}

test('an id with a quote does not break the examples', async ({ page, server }) => {
  await page.goto(`${server.url}/try`);
  await expect(page.locator('#lines')).toContainText(server.url);
  await page.getByLabel('Client id').fill(`o'brien"`);
  await expect(page.locator('#lines')).toContainText('{"client": "obrien"}');
});
