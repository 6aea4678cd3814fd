// Draws the icons of the installed page from public/favicon.svg: `node icons.mjs`. The results are in the repository.
import { readFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';

const drawing = await readFile(new URL('../public/favicon.svg', import.meta.url), 'utf8');
// A maskable icon is cut to any shape within its safe zone: the ground fills it, and the drawing is smaller.
const maskable = drawing.replace(' rx="8"', '').replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"').replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');
const browser = await chromium.launch({ executablePath: process.env.TIDINGS_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [name, size, svg] of [['icon-192', 192, drawing], ['icon-512', 512, drawing], ['icon-maskable-512', 512, maskable]]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
  await page.screenshot({ path: new URL(`../public/${name}.png`, import.meta.url).pathname, omitBackground: true });
  await page.close();
}
await browser.close();
