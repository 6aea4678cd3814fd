import tests from './playwright.config';

// `make pictures`: not tests, though the same browser takes them.
export default { ...tests, testDir: './pictures', reporter: 'list', workers: 1 };
