import type { Log } from "../core/log.ts";

/** `log` for one component: every line says which one speaks, such as "prosumer101/trader". */
export function namedLog(log: Log, component: string): Log {
  return { write: (level, event, facts) => log.write(level, event, { ...facts, component }) };
}
