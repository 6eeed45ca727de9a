// Decisions: why each pod went where it did, placed pods too.

import { h, put } from './dom.js';
import { ago, count } from './format.js';
import { now } from './store.js';
import { matrix } from './matrix.js';

const LISTED = 200;
let parts;
let page;

async function load(pod) {
  const [namespace, name] = pod.split('/');
  const answer = await fetch(`api/v1/decisions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`);
  return answer.json();
}

export const decisions = {
  title: 'Decisions',
  filters: true,
  open(root, context) {
    page = context;
    parts = { list: h('ul', { class: 'podlist', 'aria-label': 'Decisions, latest first' }), trace: h('div', { class: 'trace' }) };
    parts.list.addEventListener('keydown', event => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const items = [...parts.list.querySelectorAll('button')];
      items[Math.min(items.length - 1, Math.max(0, items.indexOf(document.activeElement) + step))]?.focus();
    });
    put(root, h('div', { class: 'two' }, parts.list, parts.trace));
  },
  update(state, q) {
    const all = [...state.decisions.values()].reverse();
    const shown = all.filter(d => !q || `${d.pod} ${d.node ?? ''} ${d.message} ${d.why} ${d.scheduled ? 'placed' : 'pending'}`.toLowerCase().includes(q)).slice(0, LISTED);
    const selected = page.address().query.get('pod') ?? shown[0]?.pod;
    const stamp = shown.map(d => d.pod + d.decidedAt).join() + selected;
    if (stamp !== parts.stamp) {
      parts.stamp = stamp;
      const focused = document.activeElement?.dataset?.pod;
      put(parts.list, shown.length ? shown.map(d => h('li', {}, h('button', {
        type: 'button', 'data-pod': d.pod, 'aria-current': d.pod === selected ? 'true' : null, class: d.scheduled ? 'placed' : 'pending',
        onclick: () => page.remember('pod', d.pod),
      }, h('b', {}, d.pod), h('span', {}, d.scheduled ? `→ ${d.node}` : firstReason(d.message)), h('time', { 'data-at': d.decidedAt })))) : h('li', { class: 'empty' }, q ? 'No decision matches.' : 'Nothing decided yet. Create a pod with schedulerName: latency-scheduler.'));
      if (focused) parts.list.querySelector(`[data-pod="${CSS.escape(focused)}"]`)?.focus();
    }
    for (const time of parts.list.querySelectorAll('time')) time.textContent = ago(time.dataset.at, now());
    const known = state.decisions.get(selected);
    const wanted = `${selected}|${known?.decidedAt ?? ''}|${q}`;
    if (selected && wanted !== parts.wanted) {
      parts.wanted = wanted;
      load(selected).then(decision => {
        if (parts.wanted !== wanted) return;
        put(parts.trace, decision.error ? h('p', { class: 'empty' }, decision.error + '. Traces are kept for the last pods decided, and not across restarts.') : [
          h('p', { class: 'lead' }, h('b', {}, decision.pod), ` · attempt ${decision.attempt} · ${ago(decision.decidedAt, now())} · ${count(decision.nodes, 'node')}`), ...matrix(decision, q)].flat());
      }, () => { parts.wanted = ''; });
    }
    if (!selected) put(parts.trace, h('p', { class: 'empty' }, 'Choose a pod.'));
  },
  summary(state) {
    const all = [...state.decisions.values()];
    const pending = all.filter(d => !d.scheduled).length;
    return `${count(all.length, 'pod')} decided lately, ${pending} of them left pending. Every node has its reason.`;
  },
};

const firstReason = message => message.replace(/^\d+\/\d+ nodes are available: /, '') || 'pending';
