// Gate timeline: one cycle of a gated port, window by window, with the guard inside each.

import { h, put, s } from './dom.js';
import { count, duration, exact, percent, rate } from './format.js';
import { sortedNodes } from './store.js';

const MAX_CYCLE_NS = 20_000_000;
const MAX_WINDOWS = 4000;
const HUES = 8;
let parts;
let page;

const gcd = (a, b) => (b ? gcd(b, a % b) : a);

/** One cycle: the least common multiple of the periods, unless that explodes; then the longest period. */
export function cycleNs(windows) {
  if (!windows.length) return { ns: 1_000_000, whole: true };
  let lcm = 1;
  for (const window of windows) {
    lcm = (lcm / gcd(lcm, window.periodNs)) * window.periodNs;
    if (lcm > MAX_CYCLE_NS) return { ns: Math.max(...windows.map(w => w.periodNs)), whole: false };
  }
  return { ns: lcm, whole: true };
}

function hue(owner) {
  let hash = 0;
  for (const c of owner) hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
  return hash % HUES;
}

function allPorts(q) {
  const ports = [];
  for (const node of sortedNodes()) {
    for (const port of node.gatedPorts) {
      const text = `${node.name} ${port.name} ${port.windows.map(w => w.pod ?? w.stream).join(' ')}`.toLowerCase();
      if (!q || text.includes(q)) ports.push({ key: `${node.name}/${port.name}`, node, port });
    }
  }
  return ports;
}

function ticks(cycle) {
  const rough = cycle / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map(m => m * power).find(value => value >= rough);
  return Array.from({ length: Math.floor(cycle / size) + 1 }, (_, i) => i * size);
}

function chart(port) {
  const { ns, whole } = cycleNs(port.windows);
  const width = 1000, left = 170, rowHeight = 26, top = 30;
  const rows = new Map();
  for (const window of port.windows) {
    const owner = window.pod ? `${window.pod} · ${window.stream}` : `reserved · ${window.stream}`;
    (rows.get(owner) ?? rows.set(owner, []).get(owner)).push(window);
  }
  const names = [...rows.keys()].sort((a, b) => rows.get(a)[0].offsetNs - rows.get(b)[0].offsetNs);
  const height = top + (names.length + 1) * rowHeight + 14;
  const x = t => left + (width - left - 10) * t / ns;
  const info = h('p', { class: 'gateinfo', role: 'status' }, 'Point at a window, or move to it with Tab.');
  let drawn = 0;
  const boxes = (window, y, owner, tall) => {
    const group = [];
    for (let k = 0; k * window.periodNs + window.offsetNs < ns && drawn < MAX_WINDOWS; k++) {
      drawn++;
      const start = k * window.periodNs + window.offsetNs;
      const guard = Math.min(port.guardNs, window.windowNs);
      const w = Math.max(1.5, x(start + window.windowNs) - x(start));
      const g = Math.max(0, x(start + window.windowNs) - x(start + window.windowNs - guard));
      const words = `${owner}: ${exact(window.windowNs)} at ${exact(start)}, every ${duration(window.periodNs)}${window.pod ? `, deadline ${duration(window.deadlineNs)}, class ${window.trafficClass}` : ', by local configuration'}; the last ${exact(guard)} are guard`;
      const show = () => { info.textContent = words; };
      group.push(s('g', { class: `win ${window.pod ? 'hue-' + hue(window.pod) : 'reserved'}`, tabindex: k === 0 && tall ? '0' : null, role: 'img', 'aria-label': words, onmouseenter: show, onfocus: show },
        s('rect', { x: x(start), y: y + 3, width: w, height: rowHeight - 6, rx: 2 }),
        g > 0.4 ? s('rect', { class: 'guard', x: x(start) + w - g, y: y + 3, width: g, height: rowHeight - 6 }) : null));
    }
    return group;
  };
  const svg = s('svg', { viewBox: `0 0 ${width} ${height}`, class: 'gantt', role: 'group', 'aria-label': `One cycle of ${port.name}, ${duration(ns)}` },
    ticks(ns).map(t => [s('line', { x1: x(t), x2: x(t), y1: top - 4, y2: height - 10, class: 'grid' }), s('text', { x: x(t), y: 14, class: 'tick' }, duration(t))]).flat(),
    s('text', { x: 0, y: top + 17, class: 'lane strong' }, 'on the wire'),
    port.windows.flatMap(window => boxes(window, top, window.pod ? `${window.pod} · ${window.stream}` : `reserved · ${window.stream}`, false)),
    names.map((name, i) => {
      const y = top + (i + 1) * rowHeight;
      return [s('line', { x1: 0, x2: width, y1: y, y2: y, class: 'rule' }),
        s('text', { x: 0, y: y + 17, class: 'lane' }, name.length > 27 ? name.slice(0, 26) + '…' : name, s('title', {}, name)),
        rows.get(name).flatMap(window => boxes(window, y, name, true))].flat();
    }).flat());
  return [
    h('p', { class: 'lead' }, `Cycle ${duration(ns)} · ${rate(port.linkRateBps)} · guard ${exact(port.guardNs)} · ${percent(port.utilisation)} taken${port.linkUp ? '' : ' · link down'}`,
      whole ? '' : '. The periods share no short cycle: the longest period is shown.', drawn >= MAX_WINDOWS ? ` The first ${MAX_WINDOWS} windows are drawn.` : ''),
    h('div', { class: 'ganttwrap' }, svg), info,
    port.windows.length ? listing(port) : h('p', { class: 'empty' }, 'No stream has a window here yet.'),
  ];
}

function listing(port) {
  const rows = [...port.windows].sort((a, b) => a.offsetNs - b.offsetNs);
  return h('div', { class: 'tablewrap', tabindex: '0', role: 'region', 'aria-label': 'Windows' }, h('table', { class: 'matrix numbers' },
    h('thead', {}, h('tr', {}, ['Pod', 'Stream', 'Offset', 'Window', 'Every', 'Deadline', 'Class'].map(text => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, rows.map(w => h('tr', {},
      h('th', { scope: 'row' }, h('span', { class: `swatch ${w.pod ? 'hue-' + hue(w.pod) : 'reserved'}` }), w.pod ? h('a', { href: `#/decisions?pod=${encodeURIComponent(w.pod)}` }, w.pod) : 'reserved by configuration'),
      h('td', {}, w.stream), h('td', {}, exact(w.offsetNs)), h('td', {}, exact(w.windowNs)), h('td', {}, duration(w.periodNs)), h('td', {}, w.pod ? duration(w.deadlineNs) : '–'), h('td', {}, w.pod ? String(w.trafficClass) : '–'))))));
}

export const gates = {
  title: 'Gate timeline',
  filters: true,
  open(root, context) {
    page = context;
    parts = { list: h('ul', { class: 'podlist', 'aria-label': 'Gated ports' }), chart: h('div', { class: 'trace' }) };
    put(root, h('div', { class: 'two' }, parts.list, parts.chart));
  },
  update(state, q) {
    const ports = allPorts(q);
    const selected = ports.find(port => port.key === page.address().query.get('port')) ?? ports[0];
    const stamp = `${selected?.key}|${q}|${ports.map(p => `${p.key}${p.port.windows.length}${p.port.linkUp}`).join()}`;
    if (stamp === parts.stamp) return;
    parts.stamp = stamp;
    put(parts.list, ports.length ? ports.slice(0, 300).map(({ key, node, port }) => h('li', {}, h('button', {
      type: 'button', 'aria-current': key === selected.key ? 'true' : null, class: port.linkUp ? '' : 'pending', onclick: () => page.remember('port', key),
    }, h('b', {}, node.name), h('span', {}, `${port.name} · ${count(port.windows.filter(w => w.pod).length, 'stream')}`),
    h('span', { class: 'gate' }, h('span', { style: { width: percent(port.utilisation) } }), h('i', {}, port.linkUp ? percent(port.utilisation) : 'down')))))
      : h('li', { class: 'empty' }, q ? 'No gated port matches.' : 'No node runs a gated port. Give a TSN-capable port the role “gated” in node-discovery’s configuration.'));
    put(parts.chart, selected ? chart(selected.port) : []);
  },
  summary(state) {
    const ports = allPorts('');
    const streams = ports.reduce((sum, { port }) => sum + port.windows.filter(w => w.pod).length, 0);
    return `${count(ports.length, 'gated port')}, ${count(streams, 'stream')}. Each stream owns its windows; no two ever meet.`;
  },
};
