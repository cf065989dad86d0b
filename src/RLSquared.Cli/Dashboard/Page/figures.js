// All other figures of the selected runs, each in a small chart. A click makes one the large one.

import { byId, h } from './dom.js';
import { Chart, figures, linesOf } from './curves.js';
import { words } from './format.js';
import { state } from './state.js';

const charts = new Map();       // figure → {chart, element}

export function drawFigures(choose, repaint) {
  const panel = byId('figures'), names = figures();
  for (const name of [...charts.keys()].filter(name => !names.includes(name))) {
    charts.get(name).chart.destroy();
    charts.get(name).element.remove();
    charts.delete(name);
  }
  for (const name of names) {
    if (!charts.has(name)) {
      const place = h('div', { class: 'plot' });
      const element = h('button', { type: 'button', class: 'small', click: () => choose(name) },
        h('span', {}, words(name)), place);
      panel.append(element);
      charts.set(name, { element, chart: new Chart(place, { small: true }) });
    }
    const { element, chart } = charts.get(name);
    element.setAttribute('aria-pressed', String(name === state.figure));
    if (repaint) chart.repaint();
    chart.draw(linesOf(name));
  }
}
