// Queue and events: who waits, where, for how long and why; and what was decided last.

import { h, put } from './dom.js';
import { ago, count } from './format.js';
import { now } from './store.js';

const PLACES = { active: 'ready to be decided', backoff: 'resting after a failed attempt', unschedulable: 'no node could take it; waiting for a change that may help', gated: 'held by a scheduling gate' };
const link = pod => h('a', { href: `#/decisions?pod=${encodeURIComponent(pod)}` }, pod);
let parts;

export const queue = {
  title: 'Queue',
  filters: true,
  open(root) {
    parts = { tiles: h('div', { class: 'tiles' }), waiting: h('div', {}), events: h('div', {}) };
    put(root, parts.tiles, h('h2', {}, 'Waiting'), parts.waiting, h('h2', {}, 'Decided last'), parts.events);
  },
  update(state, q) {
    const { queue: sizes = {}, inFlight = 0, waiting = [] } = state.status;
    put(parts.tiles, Object.entries(PLACES).map(([place, words]) => h('div', { class: `tile ${place === 'unschedulable' && sizes[place] ? 'warn' : ''}`, title: words }, h('b', {}, (sizes[place] ?? 0).toLocaleString('en')), h('span', {}, place))),
      h('div', { class: 'tile', title: 'decided; their binding is on its way' }, h('b', {}, inFlight.toLocaleString('en')), h('span', {}, 'binding')));
    const seen = text => !q || text.toLowerCase().includes(q);
    const rows = waiting.filter(w => seen(`${w.pod} ${w.place} ${state.decisions.get(w.pod)?.message ?? ''}`));
    put(parts.waiting, rows.length ? h('div', { class: 'tablewrap', tabindex: '0', role: 'region', 'aria-label': 'Waiting pods' }, h('table', { class: 'matrix' },
      h('thead', {}, h('tr', {}, ['Pod', 'Where', 'Since', 'Attempts', 'Priority', 'Why'].map(text => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, rows.map(w => h('tr', {}, h('th', { scope: 'row' }, link(w.pod)), h('td', { title: PLACES[w.place] }, w.place), h('td', {}, ago(w.firstQueuedAt, now())), h('td', {}, String(w.attempts)), h('td', {}, String(w.priority)),
        h('td', { class: 'why' }, state.decisions.get(w.pod)?.message ?? '')))))) : h('p', { class: 'empty' }, q ? 'No waiting pod matches.' : 'Nobody waits.'));
    const recent = [...state.decisions.values()].reverse().filter(d => seen(`${d.pod} ${d.node ?? ''} ${d.message} ${d.why}`)).slice(0, 50);
    put(parts.events, recent.length ? h('ol', { class: 'events' }, recent.map(d => h('li', { class: d.scheduled ? 'good' : 'bad' }, h('time', {}, ago(d.decidedAt, now())), h('span', {}, link(d.pod), d.scheduled ? ` → ${d.node}` : ' pending', h('small', {}, d.scheduled ? d.why : d.message)))))
      : h('p', { class: 'empty' }, 'Nothing decided yet.'));
  },
  summary(state) {
    const total = Object.values(state.status.queue ?? {}).reduce((a, b) => a + b, 0);
    const listed = state.status.waiting?.length ?? 0;
    return total ? `${count(total, 'pod')} waiting${listed < total ? `; the ${listed} that wait longest are listed` : ''}.` : 'Every pod has been decided.';
  },
};
