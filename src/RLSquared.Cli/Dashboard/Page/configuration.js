// What a run was told, and in what another run was told otherwise.

import { byId, h } from './dom.js';
import { nameOf, state } from './state.js';

let onlyDifferent = false;

/** `compare` is called with the id of the run to compare with, or with nothing. */
export function drawConfiguration(run, details, other, compare) {
  const panel = byId('configuration');
  if (!details) return panel.replaceChildren(h('p', { class: 'note' }, 'loading …'));
  if (!details.configuration) return panel.replaceChildren(h('p', { class: 'note' }, 'The run has no configuration that can be read.'));
  const focused = document.activeElement?.dataset?.key;
  const theirs = other?.configuration;
  const choice = h('select', { 'data-key': 'compare', change: event => compare(event.target.value) },
    h('option', { value: '' }, 'no other run'),
    [...state.runs.values()].filter(candidate => candidate.id !== run.id && candidate.task).map(candidate =>
      h('option', { value: candidate.id, selected: candidate.id === other?.id }, `${nameOf([candidate])} — ${candidate.id}`)));
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
        h('th', { scope: 'row' }, key), h('td', {}, here ?? '–'), theirs && h('td', {}, there ?? '–'))));
  });
  const machine = details.machine && !details.machine.damaged
    ? `${details.machine.processor}, ${details.machine.cores} cores; .NET ${details.machine.dotNet}; RLSquared ${details.machine.version}`
    : details.machine?.damaged;
  panel.replaceChildren(
    h('div', { class: 'tools' }, h('label', { class: 'pick' }, 'compare with ', choice),
      theirs && h('label', { class: 'tick' }, only, 'only what differs')),
    sections.every(section => section === null) ? h('p', { class: 'note' }, 'They were told the same.')
      : h('div', { class: 'scroll' }, h('table', { class: 'options' },
        theirs && h('thead', {}, h('tr', {}, h('th', {}, ''), h('th', { scope: 'col' }, run.id), h('th', { scope: 'col' }, other.id))),
        sections)),
    h('p', { class: 'note' }, h('code', { class: 'command' }, details.command ?? '')),
    machine && h('p', { class: 'note' }, machine));
  if (focused) panel.querySelector(`[data-key="${focused}"]`)?.focus();
}
