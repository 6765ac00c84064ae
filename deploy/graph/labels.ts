import type { GraphActor, GraphComponent } from "./graph.ts";

/** The title of an actor: its name, and its type or number where they say more. */
export function actorTitle({ name, type, count, note }: GraphActor): string {
  const kind = name === type ? name : `${name} : ${type}`;
  return `${kind}${count === 1 ? "" : ` × ${count}`}${note === "" ? "" : ` (${note})`}`;
}

/** What stands in a component's box. */
export function componentLines({ name, type, isDevice, timers }: GraphComponent): string[] {
  const kind = isDevice ? `device ${type}` : type;
  return [name, kind, ...timers.map((timer) => `timer ${timer}`)];
}
