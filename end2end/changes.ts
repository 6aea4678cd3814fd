// Counts the changes that a page makes to its document. A page that makes many changes in one task blocks its user,
// however fast the machine is. Unlike times, counts do not depend on the load of the machine.
import type { Page } from '@playwright/test';

export interface Changes {
  /** Tasks of the event loop in which the document was changed. */
  tasks: number;
  /** The maximum number of nodes that one task added or whose text it changed. */
  mostNodes: number;
}

/** Counts in this page, starting with its next navigation. */
export async function countChanges(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const changes: Changes = { tasks: 0, mostNodes: 0 };
    (globalThis as any).changes = changes;
    let nodes = 0;
    // A message is handled in its own task, after the task that made the changes.
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

/** The counts. */
export const changesOf = (page: Page): Promise<Changes> => page.evaluate(() => (globalThis as any).changes);

/** Resets the counts, for example after the page has loaded. */
export const resetChanges = (page: Page): Promise<void> =>
  page.evaluate(() => { Object.assign((globalThis as any).changes, { tasks: 0, mostNodes: 0 }); });
