// Placement board: every node, its ports and who holds them, coloured by the headroom of the promise.

import { h, put, say } from './dom.js';
import { count, duration, exact, headroom, percent, podStep, rate, TIER } from './format.js';
import { live, sortedNodes } from './store.js';
import { virtualList } from './virtual.js';

let parts;
let page;

function matches(node, q) {
  if (!q) return true;
  return q.split(/\s+/).every(word => text(node).includes(word));
}

function text(node) {
  return node.search ??= [node.name, ...node.paths.map(path => path.tier), ...node.pods.map(pod => pod.pod),
    ...node.ownedPorts.map(port => `${port.name} ${port.model}`), ...node.gatedPorts.map(port => `${port.name} gated`),
    node.simulated ? 'simulated' : '', node.schedulable ? '' : 'cordoned', node.agent ? '' : 'agentless'].join(' ').toLowerCase();
}

/** Worst step of a node's pods, for its cell on the map. */
function worst(node) {
  const steps = node.pods.map(podStep);
  const numbers = steps.filter(Number.isInteger);
  return numbers.length ? Math.min(...numbers) : steps.includes('stream') ? 'stream' : 'none';
}

function chip(path) {
  return h('span', {
    class: `chip tier-${path.tier}`,
    title: path.decidedByMeasurement
      ? `${TIER[path.tier]}: measured p99.9 ${duration(path.promisedNs)} over ${path.measured.samples.toLocaleString('en')} samples`
      : `${TIER[path.tier]}: configured from ${duration(path.promisedNs)}; no fresh measurement`,
  }, h('b', {}, TIER[path.tier]), ` ${path.decidedByMeasurement ? '' : '≥'}${duration(path.promisedNs)}`);
}

function ports(node) {
  const pods = new Map(node.pods.map(pod => [pod.pod, pod]));
  const squares = node.ownedPorts.map(port => {
    const pod = pods.get(port.pod);
    return h('span', {
      class: `port ${port.pod ? 'held step-' + (pod ? podStep(pod) : 'none') : 'free'}`,
      title: `${port.name} · ${port.model} · ${rate(port.linkRateBps)} · NUMA ${port.numaNode} · ${port.pod ? 'held by ' + port.pod : 'free'}`,
    });
  });
  const bars = node.gatedPorts.map(port => h('span', {
    class: `gate ${port.linkUp ? '' : 'down'}`,
    title: `${port.name} · ${rate(port.linkRateBps)} · ${count(port.windows.length, 'window')} · ${percent(port.utilisation)} of its time taken${port.linkUp ? '' : ' · link down'}`,
  }, h('span', { style: { width: percent(port.utilisation) } }), h('i', {}, port.linkUp ? percent(port.utilisation) : 'down')));
  if (!squares.length && !bars.length) return h('span', { class: 'faint' }, '–');
  return h('span', { class: 'ports' }, squares, bars);
}

function pill(pod) {
  const room = headroom(pod);
  const asked = pod.latencyNs ? `asks ${duration(pod.latencyNs)}, path keeps ${duration(pod.promisedNs)}, headroom ${percent(room ?? 0)}` : count(pod.streams, 'stream');
  return h('a', {
    class: `pill step-${podStep(pod)} ${pod.assumed ? 'assumed' : ''}`, href: `#/decisions?pod=${encodeURIComponent(pod.pod)}`,
    title: `${pod.pod}: ${asked}${pod.assumed ? ' (binding on its way)' : ''}`, tabindex: '-1',
  }, pod.pod.split('/')[1]);
}

function flags(node) {
  const words = [];
  if (!node.ready) words.push(['not ready', 'bad']);
  if (!node.schedulable) words.push(['cordoned', 'warn']);
  if (node.agent && !live(node)) words.push(['agent silent', 'bad']);
  if (node.headroom < 0) words.push([`${-node.headroom} over`, 'bad']);
  if (!node.inventoried) words.push(['not inventoried', 'warn']);
  if (node.simulated) words.push(['simulated', 'faint']);
  return words.map(([word, level]) => h('span', { class: `flag ${level}` }, word));
}

function row(node, selected) {
  return h('div', {
    class: `row ${selected ? 'selected' : ''}`, role: 'row', 'aria-selected': String(selected), 'data-node': node.name,
    onclick: event => { if (!event.target.closest('a')) page.remember('node', node.name); },
  },
  h('span', { class: 'cell name', role: 'rowheader' }, h('b', {}, node.name), h('span', { class: 'flags' }, flags(node))),
  h('span', { class: 'cell paths', role: 'cell' }, node.paths.map(chip)),
  h('span', { class: 'cell', role: 'cell' }, ports(node)),
  h('span', { class: 'cell pods', role: 'cell' }, node.pods.slice(0, 12).map(pill),
    node.pods.length > 12 ? h('span', { class: 'faint' }, `+${node.pods.length - 12}`) : null,
    node.ordinaryPods ? h('span', { class: 'faint' }, `${node.ordinaryPods} ordinary`) : null));
}

function detail(node) {
  if (!node) return [];
  const fact = (label, value) => h('div', { class: 'fact' }, h('dt', {}, label), h('dd', {}, value));
  return [
    h('header', {}, h('h2', {}, node.name),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', onclick: () => page.remember('node', '') }, '✕')),
    h('div', { class: 'flags' }, flags(node)),
    h('h3', {}, 'Paths'),
    h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ['path', 'keeps', 'p50', 'p99', 'p99.9', 'samples'].map(t => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, node.paths.map(path => h('tr', {}, h('th', { scope: 'row' }, h('span', { class: `dot tier-${path.tier}` }), TIER[path.tier]),
        h('td', {}, duration(path.promisedNs)),
        ...(path.measured ? [path.measured.p50Ns, path.measured.p99Ns, path.measured.p999Ns].map(v => h('td', {}, duration(v))) : [h('td', { colspan: 3, class: 'faint' }, 'not measured')]),
        h('td', {}, path.measured ? path.measured.samples.toLocaleString('en') : '0'))))),
    node.ownedPorts.length ? [h('h3', {}, `Own ports, ${Math.max(0, node.headroom)} of ${node.ownedPorts.length} free`),
      h('ul', { class: 'list' }, node.ownedPorts.map(port => h('li', {}, h('code', {}, port.name), ` ${port.model}, ${rate(port.linkRateBps)}, NUMA ${port.numaNode} — `,
        port.pod ? h('a', { href: `#/decisions?pod=${encodeURIComponent(port.pod)}` }, port.pod) : h('span', { class: 'faint' }, 'free'))))] : [],
    node.gatedPorts.map(port => [h('h3', {}, `Gated port ${port.name}`),
      h('dl', {}, fact('Rate', rate(port.linkRateBps)), fact('Backend', port.backend), fact('Guard', exact(port.guardNs)), fact('Time taken', percent(port.utilisation)),
        fact('Emission p99', port.emission ? duration(port.emission.p99Ns) : 'no samples yet')),
      h('p', {}, h('a', { href: `#/gates?port=${encodeURIComponent(node.name + '/' + port.name)}` }, 'See its cycle'))]),
    h('h3', {}, count(node.pods.length, 'pod') + ' with a promise'),
    node.pods.length ? h('ul', { class: 'list' }, node.pods.map(pod => h('li', {}, h('span', { class: `swatch step-${podStep(pod)}` }),
      h('a', { href: `#/decisions?pod=${encodeURIComponent(pod.pod)}` }, pod.pod),
      pod.latencyNs ? ` asks ${duration(pod.latencyNs)} · ${TIER[pod.tier] ?? ''} keeps ${duration(pod.promisedNs)}` : ` ${count(pod.streams, 'stream')}`))) : h('p', { class: 'faint' }, 'None.'),
    node.agent ? [h('h3', {}, 'Agent'), h('dl', {}, fact('State', live(node) ? 'live' : 'silent'), fact('Version', node.agent.version),
      fact('Clock', `${node.agent.clock.state} (${node.agent.clock.source})`),
      ...node.agent.conditions.map(c => fact(c.type, `${c.status}: ${c.message}`)))] : h('p', { class: 'faint' }, 'No dataplane-agent has spoken from here.'),
  ].flat(2);
}

function tiles(nodes, state) {
  let total = 0, free = 0, gated = 0, taken = 0, promises = 0, broken = 0;
  for (const node of nodes) {
    total += node.ownedPorts.length;
    free += Math.max(0, node.headroom);
    for (const port of node.gatedPorts) { gated++; taken += port.utilisation; }
    for (const pod of node.pods) { promises++; if (podStep(pod) === 0) broken++; }
  }
  const waiting = Object.values(state.status.queue ?? {}).reduce((a, b) => a + b, 0);
  const tile = (value, label, level = '', href = null) => h(href ? 'a' : 'div', { class: `tile ${level}`, href }, h('b', {}, value), h('span', {}, label));
  return [
    tile(nodes.length.toLocaleString('en'), nodes.length === 1 ? 'node' : 'nodes'),
    tile(`${free.toLocaleString('en')} / ${total.toLocaleString('en')}`, 'own ports free'),
    tile(gated ? percent(taken / gated) : '–', gated ? `of ${count(gated, 'gated port')} taken` : 'no gated ports'),
    tile(promises.toLocaleString('en'), 'pods with a promise'),
    tile(broken.toLocaleString('en'), 'below the latency they asked', broken ? 'bad' : ''),
    tile(waiting.toLocaleString('en'), 'pods waiting', waiting ? 'warn' : '', '#/queue'),
  ];
}

function map(nodes, selected) {
  return nodes.map(node => h('button', {
    type: 'button', tabindex: '-1', class: `square step-${worst(node)} ${node.name === selected ? 'selected' : ''} ${node.ownedPorts.length && node.headroom <= 0 ? 'full' : ''}`,
    title: `${node.name}: ${node.ownedPorts.length ? `${Math.max(0, node.headroom)} of ${node.ownedPorts.length} own ports free, ` : ''}${count(node.pods.length, 'pod')}`,
    onclick: () => { page.remember('node', node.name); parts.list.reveal(node.name); },
  }));
}

const LEGEND = [['0', 'promise broken'], ['1', 'headroom < 10%'], ['2', '< 30%'], ['3', '< 60%'], ['4', '≥ 60%'], ['stream', 'stream with its own window'], ['none', 'nothing promised']];

export const board = {
  title: 'Placement board',
  filters: true,
  open(root, context) {
    page = context;
    const list = virtualList({
      label: 'Nodes', rowHeight: 58, key: node => node.name, row,
      head: ['Node', 'Paths and what they keep', 'Ports', 'Pods by headroom'],
      select: name => page.remember('node', name),
    });
    parts = { list, tiles: h('div', { class: 'tiles' }), map: h('div', { class: 'map', 'aria-hidden': 'true' }), detail: h('section', { class: 'drawer', 'aria-label': 'Node' }), shown: '' };
    put(root, parts.tiles,
      h('div', { class: 'mapline' }, parts.map, h('ul', { class: 'legend' }, LEGEND.map(([key, label]) => h('li', {}, h('span', { class: `swatch step-${key}` }), label)))),
      h('div', { class: 'split' }, list.element, parts.detail));
  },
  update(state, q) {
    const all = sortedNodes();
    const nodes = all.filter(node => matches(node, q));
    const selected = page.address().query.get('node');
    put(parts.tiles, tiles(nodes, state));
    if (parts.nodes !== all || parts.q !== q || parts.selected !== selected) { // The map and the rows change with the nodes alone.
      Object.assign(parts, { nodes: all, q, selected });
      put(parts.map, map(nodes, selected));
      parts.list.show(nodes, selected, empty(all, q));
      const node = state.nodes.get(selected);
      parts.detail.hidden = !node;
      put(parts.detail, detail(node));
    }
  },
  summary(state, q) {
    const all = sortedNodes();
    if (!all.length) return 'No nodes yet.';
    const shown = q ? all.filter(node => matches(node, q)).length : all.length;
    const simulated = all.filter(node => node.simulated).length;
    return `${q ? `${shown} of ${count(all.length, 'node')} match` : count(all.length, 'node')}${simulated ? `, ${simulated === all.length ? 'all' : simulated} simulated` : ''}. Each square of the map is a node; each box in a row is a port.`;
  },
};

function empty(all, q) {
  if (q && all.length) return `No node matches “${q}”.`;
  return 'The API server has no nodes. Once nodes join and node-discovery runs on them, they appear here.';
}
