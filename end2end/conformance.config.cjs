// The configuration of the Mercure hub's own conformance tests, in the browser that is installed here. The tests and
// everything else stay as they are.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const suite = process.env.MERCURE_SUITE;
const theirs = require(join(suite, 'playwright.config.ts')).default;

const debianChromium = '/usr/bin/chromium';
const own = process.env.TIDINGS_CHROMIUM ?? (existsSync(debianChromium) ? debianChromium : undefined);

module.exports = {
  ...theirs,
  testDir: suite,
  reporter: 'list',
  workers: 2,
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        // The tests also run as root, in containers that have no user namespaces for the sandbox.
        launchOptions: { executablePath: own, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] },
      },
    },
  ],
};
