// Shortcuts: one key each, never while something is typed, and never with Ctrl, Alt or Meta.

import { byId, h } from './dom.js';

const shortcuts = [], signs = { ' ': 'space', ArrowLeft: '←', ArrowRight: '→' };

/** Adds a shortcut. `does` may return false to leave the key to the browser. */
export function shortcut(keys, says, does) {
  shortcuts.push({ keys, says, does });
}

export function listenToKeys() {
  byId('shortcuts').replaceChildren(...shortcuts.flatMap(({ keys, says }) => [
    h('dt', {}, keys.map(key => h('kbd', {}, signs[key] ?? key))), h('dd', {}, says)]));
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || byId('help').open) return;
    const isText = event.target.matches('input[type=search], input[type=number], select');
    if (isText && event.key === 'Escape') {
      event.preventDefault();                             // which would empty a search field
      return event.target.blur();
    }
    if (isText) return;
    // Controls keep the keys that move them.
    if (event.target.matches('input, button, a') && [' ', 'Enter'].includes(event.key)) return;
    if (event.target.matches('input, [role=tab]') && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    const found = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (found && found.does(event.key, event) !== false) event.preventDefault();
  });
}
