// Health in sentences: what is wrong, how many it concerns, and what to do.

import { h, put } from './dom.js';
import { count } from './format.js';
import { live, sortedNodes } from './store.js';

const SHOWN = 8;

/** Findings, worst first: {level, text, help, nodes}. */
function findings(state) {
  const nodes = sortedNodes();
  const { status } = state;
  const found = [];
  const add = (level, list, text, help) => { if (list.length) found.push({ level, text: text(list.length), help, nodes: list.map(node => node.name ?? node) }); };
  for (const problem of status.problems) found.push({ level: 'bad', text: `The scheduler is not ready: ${problem}.`, help: 'It places nothing until this is gone.', nodes: [] });
  if (!status.leading && !status.problems.length) found.push({ level: 'info', text: `This instance stands by; ${status.leader || 'nobody'} leads.`, help: 'It follows the cluster and takes over within the lease duration. Decisions are remembered by the leader alone.', nodes: [] });
  add('bad', nodes.filter(node => node.headroom < 0), n => `${count(n, 'node')} ${n === 1 ? 'has' : 'have'} more ports held than exist.`, 'A port vanished while a pod held it. Bring it back, or delete the pod.');
  add('bad', nodes.filter(node => node.agent && !live(node)), n => `The agent of ${count(n, 'node')} is silent for more than 90 s.`, 'No new streams go there; running ones keep their windows. Look at the dataplane-agent pod.');
  add('bad', nodes.filter(node => node.gatedPorts.some(port => !port.linkUp)), n => `A gated port is down on ${count(n, 'node')}.`, 'No new streams go there until the link is up.');
  add('warn', nodes.filter(node => node.agent?.clock.state === 'unlocked'), n => `The clock of ${count(n, 'node')} is unlocked.`, 'No new streams go there. Look at ptp4l and phc2sys.');
  add('warn', nodes.filter(node => !node.ready), n => `${count(n, 'node')} ${n === 1 ? 'is' : 'are'} not ready.`, 'Look at the kubelet.');
  add('warn', nodes.filter(node => !node.inventoried), n => `${count(n, 'node')} ${n === 1 ? 'has' : 'have'} no inventory.`, 'node-discovery has not described them: only what labels say by hand is counted.');
  add('info', nodes.filter(node => !node.schedulable), n => `${count(n, 'node')} ${n === 1 ? 'is' : 'are'} cordoned.`, 'kubectl uncordon lets pods come again.');
  add('info', nodes.filter(node => node.agent && !node.paths.some(path => path.decidedByMeasurement)), n => `No fresh measurement decides on ${count(n, 'node')}.`, 'The configured tiers decide there.');
  add('info', nodes.filter(node => node.simulated), n => `${count(n, 'node')} ${n === 1 ? 'is' : 'are'} simulated.`, 'No frame of theirs is real.');
  return found;
}

/** For the badge: how many findings need somebody, and how badly. */
export function verdict(state) {
  const urgent = findings(state).filter(finding => finding.level !== 'info');
  return { count: urgent.length, level: urgent.some(finding => finding.level === 'bad') ? 'bad' : 'warn' };
}

let root_;
export const health = {
  title: 'Health',
  filters: false,
  open(root) { root_ = root; },
  update(state) {
    const found = findings(state);
    const stamp = JSON.stringify(found);
    if (root_.dataset.stamp === String(stamp.length) + stamp.slice(0, 400)) return;
    root_.dataset.stamp = String(stamp.length) + stamp.slice(0, 400);
    put(root_, h('ul', { class: 'findings' }, found.some(f => f.level !== 'info') ? null : h('li', { class: 'good' }, h('b', {}, 'All is well.'), h('span', {}, 'The scheduler follows the cluster, and every agent that has spoken is live.')),
      found.map(finding => h('li', { class: finding.level }, h('b', {}, finding.text), h('span', {}, finding.help),
        finding.nodes.length ? h('p', {}, finding.nodes.slice(0, SHOWN).map(name => h('a', { class: 'nodelink', href: `#/board?node=${encodeURIComponent(name)}` }, name)), finding.nodes.length > SHOWN ? ` and ${finding.nodes.length - SHOWN} more` : '') : null))));
  },
  summary(state) {
    const { status } = state;
    return status.problems.length ? 'The scheduler cannot place pods now.' : `${status.name} ${status.leading ? 'is leading' : 'stands by'} and follows ${count(state.nodes.size, 'node')}.`;
  },
};
