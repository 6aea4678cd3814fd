// The main stories in Firefox, whose EventSource, history and storage are not Chromium's.
import { expect, test } from '../firefox';

test('a push arrives in Firefox, and nothing is lost over a reload', async ({ open, server }) => {
  const tab = await open(server.url);
  await tab.isLive();
  const id = await tab.id();
  await server.push({ to: { client: id }, data: 'first' });
  await tab.reads('[role=log] li pre', 'first');

  await tab.page.goto('about:blank');
  await server.push({ to: { client: id }, data: 'while it was away' });
  await tab.page.goto(server.url);
  await tab.isLive();
  expect(await tab.id()).toBe(id);
  await tab.reads('[role=log] li pre', 'while it was away');
  const texts = await tab.messages();
  expect(texts.filter((text) => text.includes('while it was away'))).toHaveLength(1);
});

test('after a restart of the server the page in Firefox goes on by itself', async ({ open, server }) => {
  const tab = await open(server.url);
  await tab.isLive();
  const id = await tab.id();
  await server.kill();
  await expect.poll(async () => (await tab.texts('[role=status]')).join()).not.toContain('Live');
  await server.start();
  await server.push({ to: { client: id }, data: 'after the restart' });
  await tab.reads('[role=log] li pre', 'after the restart');
  await tab.isLive();
});

test('going back to the page in Firefox loses and repeats nothing', async ({ open, server }) => {
  const tab = await open(server.url);
  await tab.isLive();
  const id = await tab.id();
  await server.push({ to: { client: id }, data: 'before' });
  await tab.reads('[role=log] li pre', 'before');
  await tab.page.goto(`${server.url}/jobs`);
  await server.push({ to: { client: id }, data: 'meanwhile' });
  await tab.page.goBack();
  await tab.reads('[role=log] li pre', 'meanwhile');
  await server.push({ to: { client: id }, data: 'afterwards' });
  await tab.reads('[role=log] li pre', 'afterwards');
  // Firefox may have kept the page, or have loaded it again: then what was acknowledged is not shown again.
  const texts = (await tab.messages()).reverse().map((text) => text.trim());
  expect(texts.filter((text) => text !== 'before')).toEqual(['meanwhile', 'afterwards']);
});

test('text is never interpreted as HTML in Firefox', async ({ open, server }) => {
  const tab = await open(server.url);
  await tab.isLive();
  const evil = `<img src=x onerror="document.title = 'taken'"> & <script>document.title = 'taken'</script>`;
  await server.push({ to: { client: await tab.id() }, data: evil });
  await tab.reads('[role=log] li pre', evil);
  expect(await tab.texts('[role=log] img')).toEqual([]);
  expect(await tab.page.title()).toContain('Tidings');
});

test('somebody pushes from the panel in Firefox, and sees that it has arrived', async ({ open, server }) => {
  const reader = await open(server.url);
  await reader.isLive();
  const id = await reader.id();
  const panel = await open(`${server.url}/admin/push?client=${id}`);
  await panel.isLive();
  await panel.write('Data', 'from the panel');
  await panel.press('Push');
  await reader.reads('[role=log] li pre', 'from the panel');
  await panel.page.goto(`${server.url}/admin/messages`);
  await panel.reads('.history [role=row]', 'from the panel');
});

test('the steps of a job arrive in Firefox until it is done', async ({ open, server }) => {
  const begun = await fetch(`${server.url}/api/jobs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ title: 'Count the boxes' }),
  });
  expect(begun.ok, await begun.clone().text()).toBe(true);
  const { id } = await begun.json();
  const page = await open(`${server.url}/jobs/${id}`);
  await page.reads('h1', 'Count the boxes');
  const report = async (body: object) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${server.url}/api/jobs/${id}`, { method: 'PATCH', headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.text()).toBe(true);
  };
  await report({ message: 'half of them' });
  await page.reads('main', 'half of them');
  await report({ state: 'done' });
  await page.reads('main', 'done');
});
