import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Where Playwright's own browser can't be had, the set-up installs the distribution's.
const debianChromium = '/usr/bin/chromium';
const own = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);

// The tests start their own servers (fixtures.ts), each on a free port with a data folder of its own,
// so there is no `webServer` here and nothing is shared between two tests.
export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env.CI,
  retries: 0,
  // For machines that do other work as well. A test that passes does not wait for these.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // `make test` reads the summary to count what passed.
  reporter: [['list'], ['json', { outputFile: 'test-results/summary.json' }]],
  use: {
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: own,
      args: [
        // The tests also run as root, in containers that have no user namespaces for the sandbox.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // A name that is not this machine's, for what depends on a network.
        '--host-resolver-rules=MAP push.test 127.0.0.1',
      ],
    },
  },
  // Tests with the tag `@phone` use what is laid out differently on a phone, so they run there too.
  projects: [
    { name: 'desktop, light', use: { browserName: 'chromium', viewport: { width: 1280, height: 860 }, colorScheme: 'light' } },
    {
      name: 'phone, dark',
      grep: /@phone/,
      use: { browserName: 'chromium', viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true },
    },
  ],
});
