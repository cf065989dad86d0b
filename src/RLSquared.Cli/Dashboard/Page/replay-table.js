// Any other task: what was observed, done and paid, step by step.

import { columnHead, h } from './dom.js';
import { figure, percent } from './format.js';

const usual = ['step', 'observation', 'action', 'probability', 'reward', 'total'];
const mostNumbers = 12, mostRows = 200;

export function tablePicture(trial) {
  const body = h('tbody', {}), hasSkills = trial.steps[0]?.skill !== undefined;
  const columns = hasSkills ? [...usual.slice(0, 2), 'skill', ...usual.slice(2)] : usual;
  return {
    element: h('div', { class: 'scroll tall' }, h('table', { class: 'steps' },
      h('thead', {}, h('tr', {}, columns.map(name => columnHead(name)))), body)),
    show(step) {
      const rows = [];
      for (let i = step - 1; i >= Math.max(0, step - mostRows); i--) {
        const one = trial.steps[i], share = one.probabilities?.[one.action];
        const cells = [one.step, observation(one.observation), ...hasSkills ? [one.skill] : [], decision(one),
          share === undefined ? '–' : percent(share), figure(one.reward), figure(one.total)];
        rows.push(h('tr', { class: i === step - 1 ? 'taken' : null }, cells.map(text => h('td', {}, String(text)))));
      }
      body.replaceChildren(...rows);
    },
  };
}

// One choice has its number; several choices and numbers are listed.
function decision({ action, choices = [], numbers = [] }) {
  return action !== undefined ? action + 1 : [...choices.map(choice => choice + 1), ...numbers.map(figure)].join(', ');
}

function observation(numbers) {
  if (!numbers) return '–';
  const shown = numbers.slice(0, mostNumbers).map(figure).join(', ');
  return numbers.length > mostNumbers ? `${shown}, … (${numbers.length})` : shown;
}
