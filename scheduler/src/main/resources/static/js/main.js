// Routing and the frame around the views. News is drawn once per animation frame at most; what the user does, at once:
// the next key must meet what the last one did.

import { h, put, say } from './dom.js';
import { connect, state } from './store.js';
import { board } from './board.js';
import { decisions } from './decisions.js';
import { whatif } from './whatif.js';
import { gates } from './gates.js';
import { latency } from './latency.js';
import { queue } from './queue.js';
import { health, verdict } from './health.js';

const VIEWS = { board, decisions, whatif, gates, latency, queue, health };
const byId = id => document.getElementById(id);
const filter = byId('filter');
let current = null;
let name = '';
let redraw = 0;
let pressed = false;

/** What the address says: the view, the filter and what is selected. */
export function address() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { view: Object.hasOwn(VIEWS, path) ? path : 'board', query: new URLSearchParams(query) };
}

/** Puts a value into the address, so that the address can be sent to a colleague. */
export function remember(key, value, push = false) {
  const { view, query } = address();
  if (value) query.set(key, value); else query.delete(key);
  const text = query.toString();
  history[push ? 'pushState' : 'replaceState'](null, '', `#/${view}${text ? '?' + text : ''}`);
  drawNow();
}

function route() {
  const { view, query } = address();
  if (view !== name) {
    name = view;
    current = VIEWS[view];
    byId('view').className = `view view-${view}`;
    put(byId('view'));
    say(byId('title'), current.title);
    document.title = `${current.title} · latency-scheduler`;
    filter.parentElement.hidden = !current.filters;
    current.open(byId('view'), { remember, address });
    nav();
  }
  if (document.activeElement !== filter) filter.value = query.get('q') ?? '';
  drawNow();
}

function nav() {
  put(byId('nav'), Object.entries(VIEWS).map(([key, view], i) => h('a', {
    href: `#/${key}`, 'aria-current': key === name ? 'page' : null, title: `${view.title} (${i + 1})`,
  }, h('span', { class: `glyph glyph-${key}`, 'aria-hidden': 'true' }), view.title,
  h('span', { class: 'badge', id: `badge-${key}` }))));
}

function draw() {
  if (!redraw && !pressed) redraw = requestAnimationFrame(() => { redraw = 0; if (!pressed) paint(); });
}

function drawNow() {
  cancelAnimationFrame(redraw);
  redraw = 0;
  paint();
}

/** Draws the view anew; the focus stays where it was when what had it is there again. */
function update(q) {
  const had = document.activeElement;
  current.update(state, q);
  if (!had || had.isConnected) return;
  const same = element => element.getAttribute('href') === had.getAttribute('href')
    && element.getAttribute('aria-label') === had.getAttribute('aria-label') && element.textContent === had.textContent;
  [...byId('view').querySelectorAll(had.tagName)].find(same)?.focus({ preventScroll: true });
}

function paint() {
  const q = (address().query.get('q') ?? '').trim().toLowerCase();
  if (state.status) update(q);
  say(byId('summary'), state.status ? current.summary(state, q) : 'Waiting for the scheduler …');
  const waiting = Object.values(state.status?.queue ?? {}).reduce((a, b) => a + b, 0);
  badge('queue', waiting || '');
  const worst = state.status ? verdict(state) : { level: '', count: 0 };
  badge('health', worst.count || '', worst.level);
  connection();
}

function badge(view, text, level = '') {
  const element = byId(`badge-${view}`);
  say(element, String(text));
  element.className = `badge ${level}`;
}

function connection() {
  const line = byId('connection');
  const banner = byId('banner');
  const lost = !state.connected && state.lostAt > 0;
  line.className = `connection ${state.connected ? 'good' : lost ? 'bad' : ''}`;
  say(line, state.connected ? `live · ${state.status.leading ? 'leading' : 'standing by'}` : lost ? 'connection lost' : 'connecting …');
  document.body.classList.toggle('stale', lost);
  banner.hidden = !lost;
  if (lost) {
    say(banner, state.everConnected
      ? `Connection lost at ${new Date(state.lostAt).toLocaleTimeString()}. What you see is from then; trying again every 2 s.`
      : 'The scheduler does not answer yet. Trying again every 2 s.');
  }
}

const THEMES = ['auto', 'light', 'dark'];
function theme(next) {
  const chosen = next ?? localStorage.getItem('theme') ?? 'auto';
  localStorage.setItem('theme', chosen);
  document.documentElement.dataset.theme = chosen;
  say(byId('theme'), `Theme: ${chosen}`);
}
byId('theme').addEventListener('click', () =>
  theme(THEMES[(THEMES.indexOf(localStorage.getItem('theme') ?? 'auto') + 1) % THEMES.length]));

filter.addEventListener('input', () => remember('q', filter.value));
document.addEventListener('keydown', event => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '');
  if (event.key === 'Escape' && document.activeElement === filter) { remember('q', ''); filter.value = ''; filter.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') { event.preventDefault(); filter.focus(); }
  const number = Number(event.key);
  const key = Object.keys(VIEWS)[number - 1];
  if (key) location.hash = `#/${key}`;
});
// Nothing moves under a pressed button: a click must end on what it began on.
const release = () => { if (pressed) { pressed = false; draw(); } };
addEventListener('pointerdown', event => { pressed = event.button === 0; }, true);
addEventListener('pointerup', release, true);
addEventListener('pointercancel', release, true);
addEventListener('pointermove', event => { if (!event.buttons) release(); }, true);
addEventListener('hashchange', route);
addEventListener('popstate', route);
theme();
route();
connect(draw);
setInterval(draw, 5000); // Ages grow without any message.
