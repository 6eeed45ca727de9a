// A decision node by node: what passed with its score in parts, what was refused and why.

import { h } from './dom.js';
import { count } from './format.js';

const MAX_ROWS = 300;

/** The whole of one decision, as `/api/v1/decisions/{pod}` and `/api/v1/whatif` tell it. */
export function matrix(decision, q = '') {
  return [
    h('div', { class: `outcome ${decision.scheduled ? 'good' : 'bad'}` },
      h('h2', {}, decision.scheduled ? ['→ ', decision.node] : 'Pending'),
      h('p', {}, decision.scheduled ? decision.why || 'Best score of the nodes that passed.' : withoutHint(decision)),
      decision.hint ? h('p', { class: 'hint' }, h('b', {}, 'Nearly: '), decision.hint) : null),
    decision.podVerdict ? h('p', { class: 'note' }, h('b', {}, decision.podVerdict.plugin || 'The pod itself'), `: ${decision.podVerdict.reason}`) : null,
    reasons(decision),
    table(decision, q),
  ];
}

/** How many nodes each reason refused: the widest bar is the place to look first. */
function reasons(decision) {
  const counts = new Map();
  const add = (verdict, nodes) => {
    const key = `${verdict.plugin}\u0000${verdict.reason}`;
    counts.set(key, (counts.get(key) ?? 0) + nodes);
  };
  decision.refused.forEach(node => add(node, 1));
  if (decision.others.verdict) add(decision.others.verdict, decision.others.nodes);
  if (!counts.size) return null;
  const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return h('div', { class: 'reasons' }, h('h3', {}, 'Refused by reason'), h('ul', {}, rows.map(([key, nodes]) => {
    const [plugin, reason] = key.split('\u0000');
    return h('li', {}, h('span', { class: 'bar', style: { width: `${100 * nodes / Math.max(decision.nodes, 1)}%` } }),
      h('b', {}, String(nodes)), h('span', {}, reason), h('span', { class: 'plugin' }, plugin));
  })));
}

function table(decision, q) {
  const plugins = [...new Set(decision.scored.flatMap(node => Object.keys(node.byPlugin)))]
    .filter(plugin => decision.scored.some(node => node.byPlugin[plugin]));
  const most = Object.fromEntries(plugins.map(plugin => [plugin, Math.max(1, ...decision.scored.map(node => node.byPlugin[plugin] ?? 0))]));
  const seen = node => !q || node.node.toLowerCase().includes(q);
  const passed = decision.scored.filter(seen).slice(0, MAX_ROWS);
  const refused = decision.refused.filter(seen).slice(0, MAX_ROWS);
  const hidden = decision.scored.length + decision.refused.length - passed.length - refused.length;
  const unranked = decision.nodes - decision.others.nodes - decision.refused.length - decision.scored.length;
  const quietOthers = decision.others.nodes && !decision.others.verdict;
  if (!passed.length && !refused.length && !decision.others.nodes) return null;
  return [
    h('div', { class: 'tablewrap', tabindex: '0', role: 'region', 'aria-label': 'Nodes of this decision' }, h('table', { class: 'matrix' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, '#'), h('th', { scope: 'col' }, 'Node'), h('th', { scope: 'col' }, 'Verdict'),
        plugins.map(plugin => h('th', { scope: 'col', class: 'score' }, h('span', { title: plugin }, words(plugin)))), h('th', { scope: 'col', class: 'score' }, 'Total'))),
      h('tbody', {},
        passed.map((node, i) => h('tr', { class: node.node === decision.node ? 'chosen' : '' },
          h('td', {}, String(i + 1)), h('th', { scope: 'row' }, node.node), h('td', { class: 'good' }, node.node === decision.node ? 'chosen' : 'passed'),
          plugins.map(plugin => score(node.byPlugin[plugin] ?? 0, most[plugin])), h('td', { class: 'score total' }, node.total.toLocaleString('en')))),
        refused.map(node => h('tr', { class: 'refused' }, h('td', {}, '–'), h('th', { scope: 'row' }, node.node),
          h('td', { colspan: plugins.length + 2 }, h('span', { class: 'plugin' }, node.plugin), node.reason)))))),
    h('p', { class: 'faint' }, [
      decision.others.verdict ? `${count(decision.others.nodes, 'further node')}: ${decision.others.verdict.reason}. ` : '',
      unranked > 0 ? `${count(unranked, 'further node')} passed and ranked lower. ` : '',
      quietOthers ? `${count(decision.others.nodes, 'further node')} not looked at: enough had passed. ` : '',
      hidden ? `${count(hidden, 'row')} not shown${q ? ' (filter)' : ''}.` : ''].join('')),
  ];
}

// The message for events ends with the hint, which stands on a line of its own here.
const withoutHint = ({ message, hint }) => (hint && message.endsWith(`${hint}.`) ? message.slice(0, -hint.length - 1).trimEnd() : message);

const words = plugin => plugin.replace(/([a-z])([A-Z])/g, '$1 $2').replace('Node Resources ', '');

function score(value, most) {
  return h('td', { class: 'score' }, h('span', { class: 'part', style: { width: `${Math.round(100 * Math.max(0, value) / most)}%` } }), h('i', {}, String(value)));
}
