// A table whose rows exist only while they are seen: a thousand nodes cost as much as thirty.

import { h, put } from './dom.js';

const SPARE = 6;

/**
 * @param rowHeight of every row in pixels
 * @param key names an item; @param row draws (item, selected); @param select is told the key of a chosen item
 */
export function virtualList({ label, head, rowHeight, key, row, select }) {
  const spacer = h('div', { class: 'rows-space' });
  const window_ = h('div', { class: 'rows-window', role: 'rowgroup' });
  spacer.append(window_);
  const message = h('p', { class: 'empty' });
  const headRow = h('div', { class: 'row rowhead', role: 'row' }, head.map(text => h('span', { class: 'cell', role: 'columnheader' }, text)));
  const scroller = h('div', { class: 'scroller', role: 'grid', 'aria-label': label, tabindex: '0' }, headRow, spacer);
  const element = h('div', { class: 'rows' }, scroller, message);
  let items = [];
  let selected = null;
  let drawn = '';

  function draw(force) {
    const from = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - SPARE);
    const to = Math.min(items.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + SPARE);
    const range = `${from}-${to}`;
    if (!force && range === drawn) return;
    drawn = range;
    window_.style.transform = `translateY(${from * rowHeight}px)`;
    put(window_, items.slice(from, to).map((item, i) => {
      const drawnRow = row(item, key(item) === selected);
      drawnRow.style.height = `${rowHeight}px`;
      drawnRow.setAttribute('aria-rowindex', String(from + i + 2));
      return drawnRow;
    }));
  }

  function reveal(name) {
    const index = items.findIndex(item => key(item) === name);
    if (index < 0) return;
    const top = index * rowHeight;
    const seen = scroller.clientHeight - headRow.offsetHeight;
    if (top < scroller.scrollTop || top + rowHeight > scroller.scrollTop + seen) {
      scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 2);
    }
  }

  scroller.addEventListener('scroll', () => draw(false), { passive: true });
  new ResizeObserver(() => draw(true)).observe(scroller);
  element.addEventListener('keydown', event => {
    const index = items.findIndex(item => key(item) === selected);
    const page = Math.max(1, Math.floor(scroller.clientHeight / rowHeight) - 1);
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'Escape') select('');
    if (target === undefined || !items.length) return;
    event.preventDefault();
    const item = items[Math.min(items.length - 1, Math.max(0, target))];
    select(key(item));
    reveal(key(item));
  });

  return {
    element,
    reveal,
    show(list, chosen, emptyText) {
      items = list;
      selected = chosen;
      spacer.style.height = `${items.length * rowHeight}px`;
      scroller.setAttribute('aria-rowcount', String(items.length + 1));
      message.textContent = items.length ? '' : emptyText;
      message.hidden = items.length > 0;
      scroller.hidden = !message.hidden;
      draw(true);
    },
  };
}
