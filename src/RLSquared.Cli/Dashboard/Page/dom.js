// Elements, and the little that all parts of the page share to make them.

/** An element: its name, its attributes (functions are listeners, null is left away) and its children. */
export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for drawings. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

export const byId = id => document.getElementById(id);

/** Sets a text only where it is another one, so that a screen reader does not read it twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What a panel shows when there is nothing: a sentence and the command that changes it. */
export function nothing(sentence, command) {
  return h('div', { class: 'nothing' }, h('p', {}, sentence),
    command && h('p', {}, h('code', { class: 'command' }, command)));
}

/** The head of a column, the head of a row, and a cell with a number. */
export const columnHead = (text, kind) => h('th', { scope: 'col', class: kind }, text);
export const rowHead = (...content) => h('th', { scope: 'row' }, content);
export const numberCell = (text = '') => h('td', { class: 'n' }, text);

/** A bar for a share, 0 to 1, in a cell that takes what room there is. */
export function meter() {
  const fill = h('span', {});
  return {
    cell: h('td', { class: 'wide' }, h('span', { class: 'meter' }, fill)),
    show(share) { fill.style.width = `${100 * (share ?? 0)}%`; },
  };
}

/** A colour of the style sheet, as the canvas needs it. */
export function colour(name) {
  probe ??= document.body.appendChild(h('span', { hidden: '' }));
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

let probe;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}
