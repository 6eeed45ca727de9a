// Numbers and words as people read them.

const UNITS = [['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1]];

/** Nanoseconds in the largest unit that keeps at most three digits before the point. */
export function duration(ns) {
  if (ns === null || ns === undefined) return '–';
  const [unit, size] = UNITS.find(([, size]) => Math.abs(ns) >= size) ?? UNITS[3];
  const value = ns / size;
  return `${Number.isInteger(value) ? value : value.toPrecision(3).replace(/\.?0+$/, '')} ${unit}`;
}

/** Exact nanoseconds with separators, for windows. */
export const exact = ns => `${ns.toLocaleString('en')} ns`;

export function rate(bps) {
  if (!bps) return 'rate unknown';
  return bps >= 1e9 ? `${bps / 1e9} Gb/s` : `${bps / 1e6} Mb/s`;
}

export const percent = share => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;

export const count = (n, one, many = one + 's') => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** How long ago, by the server's clock. */
export function ago(instant, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(instant)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

export const TIER = { 'dpdk': 'own port', 'ovs-dpdk': 'OVS-DPDK', 'kernel': 'kernel' };

/** Share of the asked latency that the path leaves unused; null when the pod asks none. */
export function headroom(pod) {
  return pod.latencyNs && pod.promisedNs !== undefined && pod.promisedNs !== null
    ? (pod.latencyNs - pod.promisedNs) / pod.latencyNs : null;
}

/** The step of a pod: one whose promise is its windows has a colour of its own. */
export const podStep = pod => (pod.latencyNs ? step(headroom(pod)) : pod.streams ? 'stream' : 'none');

/** Steps of the one colour scale: 0 is a broken promise, 4 is ample room. */
export function step(headroom) {
  if (headroom === null) return 'none';
  if (headroom < 0) return 0;
  if (headroom < 0.1) return 1;
  if (headroom < 0.3) return 2;
  return headroom < 0.6 ? 3 : 4;
}
