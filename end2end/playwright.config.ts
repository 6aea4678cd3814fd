import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The set-up installs the distribution's browser where Playwright's own can't be used.
const debianChromium = '/usr/bin/chromium';
const own = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);

// Each test starts its own server (fixtures.ts) on a free port with its own data folder. So there is no `webServer`
// here, and tests share nothing.
export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  fullyParallel: true,
  workers: 3,
  forbidOnly: !!process.env.CI,
  // `make test` names the tests that needed a second try. Only that one is traced: a trace costs a third of the time.
  retries: 1,
  // Long timeouts, for machines with other load. A test that passes does not wait for them.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // `make test` counts the tests in the summary.
  reporter: [['list'], ['json', { outputFile: 'test-results/summary.json' }]],
  use: {
    trace: 'on-first-retry',
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
        // A host name that is not local, for tests that depend on the network.
        '--host-resolver-rules=MAP push.test 127.0.0.1',
      ],
    },
  },
  // Tests with the tag `@phone` cover what is laid out differently on a phone, so they also run there.
  projects: [
    { name: 'desktop, light', use: { browserName: 'chromium', viewport: { width: 1280, height: 860 }, colorScheme: 'light' } },
    {
      name: 'phone, dark',
      grep: /@phone/,
      use: { browserName: 'chromium', viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true },
    },
  ],
});
