// Latency: what the paths were measured to keep, against what pods ask, on one logarithmic axis.

import { h, put, s } from './dom.js';
import { count, duration, TIER } from './format.js';
import { sortedNodes } from './store.js';

const LOW = 100, HIGH = 100_000_000; // 100 ns to 100 ms
const BINS = 72;
const WIDTH = 1000, LEFT = 120;
let parts;

const x = ns => LEFT + (WIDTH - LEFT - 20) * Math.log(Math.min(HIGH, Math.max(LOW, ns)) / LOW) / Math.log(HIGH / LOW);
const bin = ns => Math.min(BINS - 1, Math.max(0, Math.floor(BINS * Math.log(Math.max(LOW, ns) / LOW) / Math.log(HIGH / LOW))));
const binStart = i => LOW * (HIGH / LOW) ** (i / BINS);

function axis(height) {
  return [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].map(t => [
    s('line', { x1: x(t), x2: x(t), y1: 20, y2: height - 4, class: 'grid' }), s('text', { x: x(t), y: 13, class: 'tick' }, duration(t))]).flat();
}

/** A histogram of one value per node or port; the marks are the deadlines it is held against. */
function histogram(title, what, hue, values, marks) {
  const height = 130;
  const bins = new Array(BINS).fill(0);
  values.forEach(value => bins[bin(value)]++);
  const most = Math.max(1, ...bins);
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const base = height - 6;
  return h('figure', { class: 'figure' },
    h('figcaption', {}, h('b', {}, title), values.length ? ` ${what}: ${count(values.length, 'value')}, median ${duration(median)}, worst ${duration(sorted.at(-1))}` : ` ${what}: no measurement`),
    s('svg', { viewBox: `0 0 ${WIDTH} ${height}`, class: 'histogram', role: 'img', 'aria-label': `${title}: ${values.length} values from ${duration(sorted[0])} to ${duration(sorted.at(-1))}` },
      axis(height),
      bins.map((n, i) => (n ? s('rect', { class: hue, x: x(binStart(i)) + 0.5, width: Math.max(2, x(binStart(i + 1)) - x(binStart(i)) - 1), y: base - (base - 30) * n / most, height: (base - 30) * n / most },
        s('title', {}, `${n} between ${duration(binStart(i))} and ${duration(binStart(i + 1))}`)) : null)),
      marks.map(({ ns, label, kind }) => [s('line', { x1: x(ns), x2: x(ns), y1: 22, y2: base, class: `mark ${kind}` }), label ? s('text', { x: x(ns) + 4, y: kind === 'configured' ? 46 : 32, class: `marktext ${kind}` }, label) : null]).flat()));
}

export const latency = {
  title: 'Latency',
  filters: true,
  open(root) {
    parts = { figures: h('div', { class: 'figures' }) };
    put(root, parts.figures);
  },
  update(state, q) {
    const all = sortedNodes();
    if (parts.nodes === all && parts.q === q) return;
    Object.assign(parts, { nodes: all, q });
    const nodes = all.filter(node => !q || node.name.toLowerCase().includes(q));
    const { tiers } = state.status;
    const from = { 'dpdk': tiers.dpdkFromNs, 'ovs-dpdk': tiers.ovsDpdkFromNs, 'kernel': tiers.kernelFromNs };
    const figures = Object.keys(TIER).map(tier => {
      const values = nodes.flatMap(node => node.paths.filter(path => path.tier === tier && path.measured).map(path => path.measured.p999Ns));
      const asked = [...new Set(nodes.flatMap(node => node.pods.filter(pod => pod.tier === tier && pod.latencyNs).map(pod => pod.latencyNs)))].sort((a, b) => a - b).slice(0, 12);
      return histogram(`Path: ${TIER[tier]}`, 'measured p99.9 by node', `fill-${tier}`, values, [
        { ns: from[tier], label: `configured from ${duration(from[tier])}`, kind: 'configured' },
        ...asked.map((ns, i) => ({ ns, label: i === 0 ? `asked: ${duration(ns)}` : '', kind: 'asked' }))]);
    });
    const ports = nodes.flatMap(node => node.gatedPorts.filter(port => port.emission));
    const guards = [...new Set(nodes.flatMap(node => node.gatedPorts.map(port => port.guardNs)))].sort((a, b) => a - b).slice(0, 4);
    figures.push(histogram('Emission error', 'p99 by gated port', 'fill-emission', ports.map(port => port.emission.p99Ns), guards.map((ns, i) => ({ ns, label: i ? '' : `guard ${duration(ns)}`, kind: 'asked' }))));
    put(parts.figures, nodes.length ? figures : h('p', { class: 'empty' }, q ? `No node matches “${q}”.` : 'No nodes yet.'));
  },
  summary(state) {
    const measured = sortedNodes().filter(node => node.paths.some(path => path.measured)).length;
    const decide = state.status.tiers.measured === 'decide';
    return `${measured} of ${count(state.nodes.size, 'node')} measured. ${decide ? 'A fresh measurement decides on its node; elsewhere the configured tier does.' : 'Measurements are shown and do not decide (tiers.measured=off).'}`;
  },
};
