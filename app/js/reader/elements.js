// Elements of the page. All text is set as text and never read as HTML.

/** An element with these attributes and children. A function is a listener for the event of its name. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return element;
}

/** A text of the description: paragraphs, and words of code between back quotes. */
export function prose(text = '') {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => el('p', {}, inline(paragraph)));
}

/** One paragraph. */
export function inline(text) {
  return text.split(/(`[^`]+`)/).map((part) => (part.startsWith('`') && part.length > 2 ? el('code', {}, part.slice(1, -1)) : part));
}

/** A table that scrolls if it is too wide, and can be reached by the keyboard. */
export function table(label, heads, rows) {
  return el(
    'div',
    { class: 'table', role: 'group', 'aria-label': label, tabindex: 0 },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map((cell) => el('td', {}, cell))))),
    ),
  );
}
