// The cluster as the scheduler tells it, live. Views read; only this file writes.

export const state = {
  connected: false,
  everConnected: false,
  status: null,
  nodes: new Map(),
  decisions: new Map(), // by pod, oldest first
  serverOffsetMs: 0,
  lostAt: 0,
};

const LIVE_FOR_MS = 90_000;
let changed = () => {};

/** By the server's clock. */
export const now = () => Date.now() + state.serverOffsetMs;

/** Whether a node's agent spoke recently enough, now. */
export const live = node => Boolean(node.agent) && now() - Date.parse(node.agent.heartbeat) <= LIVE_FOR_MS;

/** Nodes in the order of their names. */
export function sortedNodes() {
  if (!sorted) sorted = [...state.nodes.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return sorted;
}
let sorted = null;

/** Connects, and again whenever the connection is lost. `onChange` is called after every message. */
export function connect(onChange) {
  changed = onChange;
  open();
}

function open() {
  const source = new EventSource('api/v1/live');
  let known = false; // Whatever was known before may have changed while nobody told us; it is shown until it is told anew.
  const anew = () => {
    if (!known) state.nodes.clear();
    known = true;
    sorted = null;
  };
  source.addEventListener('status', event => {
    const status = JSON.parse(event.data);
    if (status.nodes === 0) anew();
    state.connected = state.everConnected = true;
    state.status = status;
    state.serverOffsetMs = Date.parse(status.time) - Date.now();
    changed('status');
  });
  source.addEventListener('nodes', event => {
    const { changed: nodes, removed } = JSON.parse(event.data);
    anew();
    for (const name of removed) state.nodes.delete(name);
    for (const node of nodes) state.nodes.set(node.name, node);
    changed('nodes');
  });
  source.addEventListener('decisions', event => {
    for (const decision of JSON.parse(event.data)) {
      state.decisions.delete(decision.pod);
      state.decisions.set(decision.pod, decision);
    }
    while (state.decisions.size > 1000) state.decisions.delete(state.decisions.keys().next().value);
    changed('decisions');
  });
  source.onerror = () => {
    source.close();
    if (state.connected || !state.lostAt) state.lostAt = Date.now();
    state.connected = false;
    changed('status');
    setTimeout(open, 2000);
  };
}
