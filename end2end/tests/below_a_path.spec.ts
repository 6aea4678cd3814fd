// The pages below a path of another site, through nginx, with the file of `packaging/proxies/`.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { binary, expect, freePort, Tab, test, Tidings } from '../fixtures';

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(existsSync);

/** nginx, which removes the path `/push` from requests or leaves it. */
class Nginx {
  private constructor(private readonly process: ChildProcess, private readonly folder: string) {}

  static async start(port: number, server: number, removes: boolean): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'tidings-nginx-'));
    const file = await readFile(resolve(binary, '../../../packaging/proxies/nginx-path.conf'), 'utf8');
    const part = file.replace('127.0.0.1:8020/;', `127.0.0.1:${server}${removes ? '/' : ''};`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    await writeFile(join(folder, 'conf'), `
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      daemon off; worker_processes 1; pid ${folder}/pid; events {}
      http { access_log off; ${places.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      server { listen 127.0.0.1:${port}; ${part} } }`);
    const child = spawn(nginx ?? '', ['-p', folder, '-c', 'conf', '-e', 'errors'], { stdio: 'ignore' });
    return new Nginx(child, folder);
  }

  async dispose(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

for (const removes of [true, false]) {
  test(`the pages work below a path that nginx ${removes ? 'removes' : 'leaves'}`, async ({ context, page, reports }) => {
    test.skip(!nginx, 'nginx is not installed');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/push`;
    const server = await Tidings.start(['--public-url', url, '--trusted-proxy', '127.0.0.1']);
    const proxy = await Nginx.start(port, server.port, removes);
    const outside: string[] = [];
    context.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) outside.push(request.url());
    });
    try {
      await expect.poll(async () => (await fetch(`${url}/health/live`).catch(() => undefined))?.ok).toBe(true);
      await page.goto(`${url}/`);
      const tab = new Tab(page);
      await tab.isLive();
      await server.push({ to: { client: await tab.id() }, data: 'below a path' });
      await expect(tab.messages()).toContainText('below a path');

      // Navigation without loading a page, and loading the page that it leads to.
      await page.getByRole('link', { name: 'Admin', exact: true }).click();
      await expect(page).toHaveURL(`${url}/admin`);
      await page.getByRole('link', { name: 'Push', exact: true }).first().click();
      await expect(page).toHaveURL(`${url}/admin/push`);
      await page.reload();
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      // The page that was left may still have been loading a part.
      const isOfLeft = (error: string) => error.includes('Response body loading was aborted');
      reports.errors = reports.errors.filter((error) => !isOfLeft(error));
      await expect(page.getByRole('link', { name: 'Admin', exact: true })).toHaveAttribute('aria-current', 'page');
      // Keys do something once the page is alive.
      await expect(page.locator('.state.live')).toBeVisible();
      // The keyboard leads to pages below the path too, and the URL keeps what is typed.
      await page.keyboard.press('g');
      await page.keyboard.press('c');
      await expect(page).toHaveURL(`${url}/admin/clients`);
      await page.getByRole('searchbox').first().fill('nobody');
      await expect(page).toHaveURL(`${url}/admin/clients?q=nobody`);

      await page.goto(`${url}/try`);
      await expect(page.locator('#lines')).toContainText(`${url}/push`);
      await page.getByRole('link', { name: 'Skip to the content' }).focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('#main')).toBeFocused();
      await expect(page).toHaveURL(`${url}/try`);

      await page.goto(`${url}/docs/api`);
      await expect(page.getByText('/api/stats').first()).toBeVisible();

      // The module for other pages finds its server by its own URL.
      await page.goto(`${url}/docs/api`);
      const connected = await page.evaluate(async (module) => {
        const { connect } = await import(module);
        const tidings = connect({ clientId: 'module' });
        const welcome = new Promise((done) => tidings.on('welcome', () => done('welcome')));
        // A stream is opened when there is somebody to show its messages.
        tidings.on('message', () => {});
        return welcome;
      }, `${url}/tidings.js`);
      expect(connected).toBe('welcome');
      expect(outside, 'everything is below the path').toEqual([]);
    } finally {
      reports.ended = true;
      await page.close();
      await proxy.dispose();
      await server.dispose();
    }
  });
}
