import type { AnyDefinition } from "../component/define.ts";
import { SECOND_TICK } from "../component/inside-tick.ts";
import type { Ports } from "../component/ports.ts";
import type { ComponentInstance } from "../model/instances.ts";

/** Every way in which a component's threads do not fit its inside ports, in words. */
export function insideUnfitness(definition: AnyDefinition, model: ComponentInstance): string[] {
  const ports = definition.ports as Ports;
  const threads = Object.entries((definition.threads ?? {}) as Readonly<Record<string, OfPort>>);
  const faults = threads
    .filter(([, { port }]) => ports[port]?.kind !== "ins")
    .map(([name, { port }]) => `the thread ${name} is for ${port}, which is no inside port`);
  for (const inside of model.ports) {
    const port = ports[inside.name];
    if (inside.kind !== "inside" || port?.kind !== "ins") continue;
    if (threads.some(([, thread]) => thread.port === inside.name)) continue;
    const isTicker = port.up === SECOND_TICK;
    if (!inside.isDefault)
      faults.push(`the model has \`inside ${inside.name}\`, the code has no thread for it`);
    else if (!isTicker)
      faults.push(
        `the model has \`inside ${inside.name} default\`, the code has no thread for it: declare it as insTick()`,
      );
  }
  return faults;
}

interface OfPort {
  readonly port: string;
}
