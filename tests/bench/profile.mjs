// A CPU profile as two short tables: which functions the time was spent in, and which it was spent under.

/** The functions with the most time of their own and with the most time in all, from Chromium's `.cpuprofile`. */
export function profileTable({ nodes, samples, timeDeltas }, lines = 40) {
  const own = new Map();
  samples.forEach((id, at) => own.set(id, (own.get(id) ?? 0) + timeDeltas[at] / 1000));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isChild = new Set(nodes.flatMap((node) => node.children ?? []));
  const selfOf = new Map();
  const totalOf = new Map();
  const add = (map, name, ms) => map.set(name, (map.get(name) ?? 0) + ms);
  // Iterative, in post-order; a function that calls itself counts once.
  const walk = (root) => {
    const stack = [{ node: root, path: [], entered: false }];
    const sums = new Map();
    while (stack.length > 0) {
      const frame = stack.pop();
      const { node, path } = frame;
      const name = short(node.callFrame.functionName);
      if (!frame.entered) {
        stack.push({ ...frame, entered: true });
        for (const id of node.children ?? []) stack.push({ node: byId.get(id), path: [...path, name], entered: false });
        continue;
      }
      const mine = own.get(node.id) ?? 0;
      const total = (node.children ?? []).reduce((sum, id) => sum + sums.get(id), mine);
      sums.set(node.id, total);
      add(selfOf, name, mine);
      if (!path.includes(name)) add(totalOf, name, total);
    }
  };
  for (const node of nodes) if (!isChild.has(node.id)) walk(node);
  const all = [...own.values()].reduce((sum, ms) => sum + ms, 0);
  const table = (title, map) =>
    [
      `${title} (of ${all.toFixed(0)} ms)`,
      ...[...map].toSorted((a, b) => b[1] - a[1]).slice(0, lines).map(([name, ms]) => `${ms.toFixed(1).padStart(9)} ms ${((ms / all) * 100).toFixed(1).padStart(5)} %  ${name}`),
    ].join("\n");
  return `${table("own time", selfOf)}\n\n${table("own time and what it calls", totalOf)}`;
}

/** Rust's mangled names without their hashes. */
function short(name) {
  return (name || "(anonymous)").replace(/::h[0-9a-f]{16}/g, "").replace(/\[[0-9a-f]{16}\]/g, "").slice(0, 150);
}
