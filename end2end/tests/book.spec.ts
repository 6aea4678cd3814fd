// The documentation at /docs: it can be read without scripts, fits every screen, and is accessible.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '../fixtures';
import { devices, fitsItsWidth, isAccessible, look, phone } from '../looks';

const summary = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../docs/SUMMARY.md'), 'utf8');

/** The URLs of all pages. */
const pages = [...summary.matchAll(/\]\((.*)\.md\)/g)].map(([, name]) => (name === 'introduction' ? '/docs' : `/docs/${name}`));

// All of it has to work without scripts.
test.use({ javaScriptEnabled: false });

test('a reader goes from the start to a chapter, and back to the server', async ({ page, server }) => {
  await page.goto(`${server.url}/docs`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const contents = page.getByRole('navigation', { name: 'Contents' });
  await contents.getByRole('link', { name: 'Concepts' }).click();
  await expect(page).toHaveTitle('Concepts · Tidings');
  await expect(contents.getByRole('link', { name: 'Concepts' })).toHaveAttribute('aria-current', 'page');
  await contents.getByRole('link', { name: 'PHP', exact: true }).click();
  await expect(page).toHaveURL(`${server.url}/docs/back-end/php`);
  await page.getByRole('link', { name: 'Python' }).last().click();
  await expect(page).toHaveTitle('Python · Tidings');
  await page.getByRole('link', { name: 'Tidings' }).first().click();
  await expect(page).toHaveURL(`${server.url}/`);
});

test('the link of a problem document leads to its code', async ({ page, server }) => {
  await page.goto(`${server.url}/docs#invalid_field`);
  const code = page.locator('#invalid_field');
  await expect(code).toBeVisible();
  await code.getByRole('link').click();
  await expect(page).toHaveURL(`${server.url}/docs/reference/errors#invalid_field`);
  await expect(page.locator('#invalid_field')).toContainText('422');
});

test('the description of the API is one link away', async ({ page, server }) => {
  await page.goto(`${server.url}/docs/concepts`);
  await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'API' }).click();
  await expect(page).toHaveURL(`${server.url}/docs/api`);
});

test.describe('on a phone', () => {
  test.use({ viewport: phone });

  test('the contents are below the text, and one link leads there', async ({ page, server }) => {
    await page.goto(`${server.url}/docs/operate`);
    await expect(page.getByRole('heading', { level: 1 })).toBeInViewport();
    const contents = page.getByRole('navigation', { name: 'Contents' });
    await expect(contents).not.toBeInViewport();
    await page.getByRole('link', { name: 'Contents' }).click();
    await expect(contents).toBeInViewport();
  });
});

// Widths do not depend on colours: every page is looked at in light on a desktop and in dark on a phone, and some pages
// also the other way round.
const some = ['/docs', '/docs/concepts', '/docs/back-end/php', '/docs/reference/errors', '/docs/performance'];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [device, viewport] of devices) {
    test.describe(`${colorScheme}, ${device}`, () => {
      // axe is a script.
      test.use({ colorScheme, viewport, javaScriptEnabled: true });

      if ((colorScheme === 'light') === (device === 'desktop')) {
        test('every page fits and is accessible', async ({ page, server }) => {
          test.slow();
          for (const path of pages) {
            await page.goto(server.url + path);
            await fitsItsWidth(page);
            await isAccessible(page, ['serious', 'critical']);
          }
        });
      }

      test('some pages fit, are accessible, and are saved as pictures', async ({ page, server }) => {
        for (const path of some) {
          await page.goto(server.url + path);
          await look(page, `book${path.slice(5).replaceAll('/', '-')}-${colorScheme}-${device}`);
        }
      });
    });
  }
}
