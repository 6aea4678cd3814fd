// Counts the changes that a page makes to its document. A page that handles much at once blocks its user, however fast
// the machine is. Counts do not depend on the load of the machine, as times do.
import type { Page } from '@playwright/test';

export interface Changes {
  /** Tasks of the event loop in which the document was changed. */
  tasks: number;
  /** The most nodes that one task added, or whose text it changed. */
  mostNodes: number;
}

/** Counts in this page from its next navigation on. */
export async function countChanges(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const changes: Changes = { tasks: 0, mostNodes: 0 };
    (globalThis as any).changes = changes;
    let nodes = 0;
    // A message is handled in a task of its own, after the one that made the changes.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      changes.tasks++;
      changes.mostNodes = Math.max(changes.mostNodes, nodes);
      nodes = 0;
    };
    const size = (node: Node): number => [...node.childNodes].reduce((sum, child) => sum + size(child), 1);
    const observer = new MutationObserver((records) => {
      if (nodes === 0) port2.postMessage(0);
      for (const { addedNodes } of records) nodes += [...addedNodes].reduce((sum, node) => sum + size(node), 1);
    });
    observer.observe(document, { childList: true, characterData: true, subtree: true });
  });
}

/** What was counted. */
export const changesOf = (page: Page): Promise<Changes> => page.evaluate(() => (globalThis as any).changes);

/** Starts to count anew, for example once the page has loaded. */
export const resetChanges = (page: Page): Promise<void> =>
  page.evaluate(() => { Object.assign((globalThis as any).changes, { tasks: 0, mostNodes: 0 }); });
