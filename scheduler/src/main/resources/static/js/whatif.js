// What-if: a pod that is asked about and never created.

import { h, put } from './dom.js';
import { matrix } from './matrix.js';

const SAMPLES = {
  'Radio unit': { 'latency-scheduler.io/latency': '800us', 'latency-scheduler.io/interfaces': '2' },
  'User plane': { 'latency-scheduler.io/latency': '6ms' },
  'PLC': { 'latency-scheduler.io/period': '1ms', 'latency-scheduler.io/deadline': '250us' },
  'Web': {},
};

function manifest(annotations) {
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"`);
  return ['apiVersion: v1', 'kind: Pod', 'metadata:', '  name: what-if', ...(lines.length ? ['  annotations:', ...lines] : []),
    'spec:', '  schedulerName: latency-scheduler', '  containers:', '    - name: main', '      image: pause',
    '      resources:', '        requests: {cpu: 500m, memory: 128Mi}', ''].join('\n');
}

/** The manifest with one annotation changed, or the text as it was when it has no place for it. */
export function annotated(text, key, value) {
  const line = new RegExp(`^(\\s*)(latency-scheduler\\.io/)?${key}:.*$`, 'm');
  const quoted = value.replace(/["\\\n]/g, '');
  if (line.test(text)) return text.replace(line, (_, indent) => (quoted ? `${indent}latency-scheduler.io/${key}: "${quoted}"` : '')).replace(/\n{2,}/g, '\n');
  if (!quoted) return text;
  if (/^ {2}annotations:\s*$/m.test(text)) return text.replace(/^( {2}annotations:)\s*$/m, `$1\n    latency-scheduler.io/${key}: "${quoted}"`);
  return text.replace(/^metadata:\s*$/m, `metadata:\n  annotations:\n    latency-scheduler.io/${key}: "${quoted}"`);
}

let editor;
let answer;
let text = manifest(SAMPLES.PLC);
let asked = 0;

async function ask() {
  const mine = ++asked;
  try {
    const reply = await fetch('api/v1/whatif', { method: 'POST', headers: { 'Content-Type': 'application/yaml' }, body: text });
    const decision = await reply.json();
    if (mine !== asked) return;
    put(answer, decision.error ? h('div', { class: 'outcome bad' }, h('h2', {}, 'Not a pod'), h('p', {}, decision.error)) : [h('p', { class: 'lead' }, 'If it were created now:'), ...matrix(decision)].flat());
  } catch {
    if (mine === asked) put(answer, h('p', { class: 'empty' }, 'The scheduler did not answer.'));
  }
}

function knob(key, placeholder) {
  const input = h('input', { type: 'text', id: `knob-${key}`, placeholder, spellcheck: 'false', autocomplete: 'off', oninput: () => { text = editor.value = annotated(editor.value, key, input.value.trim()); soon(); } });
  return h('label', { for: `knob-${key}` }, h('span', {}, key), input);
}

let timer = 0;
const soon = () => { clearTimeout(timer); timer = setTimeout(ask, 250); };

export const whatif = {
  title: 'What if',
  filters: false,
  open(root) {
    editor = h('textarea', { 'aria-label': 'Pod manifest, YAML or JSON', spellcheck: 'false', rows: '18', oninput: () => { text = editor.value; soon(); } });
    editor.value = text;
    answer = h('div', { class: 'trace', 'aria-live': 'polite' });
    put(root, h('div', { class: 'two wide' },
      h('div', { class: 'ask' },
        h('div', { class: 'samples' }, Object.entries(SAMPLES).map(([name, annotations]) => h('button', {
          type: 'button', class: 'quiet', onclick: () => { text = editor.value = manifest(annotations); root.querySelectorAll('.knobs input').forEach(input => { input.value = ''; }); ask(); },
        }, name))),
        h('div', { class: 'knobs' }, knob('latency', '5ms'), knob('interfaces', '1'), knob('period', '1ms'), knob('deadline', '250us')),
        editor,
        h('p', { class: 'faint' }, 'The question goes to the scheduler as it stands now. Nothing is created, nothing is bound.')),
      answer));
    ask();
  },
  update() {},
  summary: () => 'Ask where a pod would go, and what would have to change. Paste a manifest or turn the knobs.',
};
