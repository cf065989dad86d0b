// What a run was told, and in what another run was told otherwise.

import { byId, columnHead, h, rowHead } from './dom.js';
import { nameOf, state } from './state.js';

let onlyDifferent = false;

/** `compare` is called with the id of the run to compare with, or with nothing. */
export function drawConfiguration(run, details, other, compare) {
  const panel = byId('configuration');
  if (!details) return panel.replaceChildren(h('p', { class: 'note' }, 'loading …'));
  if (!details.configuration)
    return panel.replaceChildren(h('p', { class: 'note' }, 'The run has no configuration that can be read.'));
  const focused = document.activeElement?.dataset?.key;
  const theirs = other?.configuration;
  const others = [...state.runs.values()].filter(candidate => candidate.id !== run.id && candidate.task);
  const choice = h('select', { 'data-key': 'compare', change: event => compare(event.target.value) },
    h('option', { value: '' }, 'no other run'),
    others.map(({ id }) => h('option', { value: id, selected: id === other?.id },
      `${nameOf([state.runs.get(id)])} — ${id}`)));
  const only = h('input', {
    type: 'checkbox', 'data-key': 'only',
    change: event => { onlyDifferent = event.target.checked; drawConfiguration(run, details, other, compare); },
  });
  only.checked = onlyDifferent;

  const sections = Object.entries(details.configuration).map(([name, mine]) => {
    const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs?.[name] ?? {})])]
      .map(key => ({ key, here: mine[key], there: theirs?.[name]?.[key] }))
      .map(row => ({ ...row, differs: Boolean(theirs) && row.here !== row.there }))
      .filter(row => row.differs || !theirs || !onlyDifferent);
    return keys.length === 0 ? null : h('tbody', {},
      h('tr', {}, h('th', { scope: 'rowgroup', colspan: theirs ? 3 : 2, class: 'part' }, name)),
      keys.map(({ key, here, there, differs }) => h('tr', { class: differs ? 'differs' : null },
        rowHead(key), h('td', {}, here ?? '–'), theirs && h('td', {}, there ?? '–'))));
  });
  const machine = machineOf(details.machine);
  panel.replaceChildren(
    h('div', { class: 'tools' }, h('label', { class: 'pick' }, 'compare with ', choice),
      theirs && h('label', { class: 'tick' }, only, 'only what differs')),
    sections.every(section => section === null) ? h('p', { class: 'note' }, 'They were told the same.')
      : h('div', { class: 'scroll' }, h('table', { class: 'options' },
        theirs && h('thead', {}, h('tr', {}, h('th', {}, ''), columnHead(run.id), columnHead(other.id))),
        sections)),
    h('p', { class: 'note' }, h('code', { class: 'command' }, details.command ?? '')),
    machine && h('p', { class: 'note' }, machine));
  if (focused) panel.querySelector(`[data-key="${focused}"]`)?.focus();
}

function machineOf(machine) {
  if (!machine || machine.damaged) return machine?.damaged;
  return `${machine.processor}, ${machine.cores} cores; .NET ${machine.dotNet}; RLSquared ${machine.version}`;
}
