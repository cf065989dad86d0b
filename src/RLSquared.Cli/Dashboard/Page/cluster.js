// Who helps a run that shares its work: each worker, what it has in progress, how old its weights are, and what was
// begun again because a worker was lost.

import { byId, columnHead, h, nothing, numberCell, rowHead } from './dom.js';
import { count, time } from './format.js';
import { ask } from './server.js';

const every = 1000;                                 // milliseconds: the training writes as often
let shown = null, timer = null;

/** Shows the panel for a run, and asks again every second; nothing is asked for while no run is given. */
export function watchCluster(run) {
  if (run?.id === shown) return;
  shown = run?.id ?? null;
  clearTimeout(timer);
  if (!run) return;
  byId('cluster').replaceChildren(h('p', { class: 'note' }, 'loading …'));
  look(run.id);
}

async function look(id) {
  let parts;
  try {
    parts = document.hidden ? null : drawn(await ask('/api/cluster', { id }));
  } catch (failure) {
    parts = [nothing(failure.message)];
  }
  if (id !== shown) return;
  if (parts) byId('cluster').replaceChildren(...parts.filter(Boolean));
  timer = setTimeout(look, every, id);
}

function drawn({ cluster, age }) {
  if (!cluster) {
    return [nothing('No other process helps this run. One can help a run that was begun with --cluster:',
      'rl2 cluster join ADDRESS')];
  }
  if (cluster.damaged) return [nothing(cluster.damaged)];
  const { pipeline } = cluster;
  return [
    h('p', { class: 'facts' }, ...(pipeline ? pipelineFacts(cluster) : shardFacts(cluster)).map(([value, unit]) =>
      h('span', {}, h('b', {}, value), ` ${unit}`))),
    standing(cluster, age),
    h('div', { class: 'scroll' }, table(cluster)),
    pipeline && h('p', { class: 'note' }, `Of ${exact(pipeline.begun)} blocks that have begun, ` +
      `${exact(pipeline.delivered)} were made, ${exact(pipeline.held)} are in progress and ` +
      `${exact(pipeline.waiting)} wait to begin again. Of those that were made, ${exact(pipeline.taken)} were ` +
      `learnt from or dropped, and ${exact(pipeline.queued)} wait for the trainer. ` +
      `${exact(pipeline.refused)} came too late, from a worker that had been given up.`),
  ];
}

const shared = cluster => [
  [exact(cluster.replayed), 'begun again'],
  [exact(cluster.lost), cluster.lost === 1 ? 'worker lost' : 'workers lost'],
  [bytes(cluster.bytesSent), 'to workers'],
  [bytes(cluster.bytesReceived), 'from workers'],
];

const pipelineFacts = cluster => [
  [exact(cluster.pipeline.version), `version of the weights (${bytes(cluster.pipeline.weightBytes)})`],
  [count(cluster.pipeline.delivered), 'blocks made'],
  [exact(cluster.pipeline.queued), 'wait for the trainer'],
  ...shared(cluster),
];

const shardFacts = cluster => [
  [count(cluster.shardsHere), 'shards computed by the training'],
  ...shared(cluster),
];

function standing(cluster, age) {
  if (!cluster.isOpen)
    return h('p', { class: 'note' }, `The training has ended; so it was at its end, ${time(age)} ago.`);
  return age > 5 ? h('p', { class: 'trouble' },
    `The training has not said anything for ${time(age)}; so it was then.`) : null;
}

// Whoever trains computes too: the first row.
function table({ workers, pipeline, shardsHere }) {
  const head = pipeline ? ['blocks', 'in progress', 'sequences', 'tokens', 'version', 'lag', 'bytes']
    : ['shards', 'seconds'];
  const held = workers.reduce((sum, worker) => sum + worker.inProgress, 0);
  const own = pipeline ? [exact(shardsHere), exact(Math.max(0, pipeline.held - held)), '', '', exact(pipeline.version),
    '0', ''] : [exact(shardsHere), ''];
  const cells = worker => pipeline ? [
    exact(worker.shards), exact(worker.inProgress), exact(worker.sequences), count(worker.tokens),
    ...(worker.version >= 0 && worker.version !== null
      ? [exact(worker.version), exact(pipeline.version - worker.version)] : ['none', '–']),
    bytes(worker.bytes),
  ] : [exact(worker.shards), worker.seconds.toFixed(1)];
  return h('table', { class: 'scores' },
    h('thead', {}, h('tr', {}, columnHead('worker'), columnHead('state'), columnHead('address'),
      columnHead('threads', 'n'), head.map(name => columnHead(name, 'n')))),
    h('tbody', {},
      h('tr', { class: 'own' }, rowHead('the training'), h('td', {}), h('td', {}), numberCell(),
        own.map(text => numberCell(text))),
      workers.map(worker => h('tr', {}, rowHead(worker.name), h('td', {}, worker.state), h('td', {}, worker.address),
        numberCell(exact(worker.threads)), cells(worker).map(text => numberCell(text))))));
}

const exact = value => (value ?? 0).toLocaleString('en');

function bytes(value) {
  for (const [size, unit] of [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB']])
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  return `${value} B`;
}
