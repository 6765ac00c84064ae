import type { AnyDefinition } from "../component/define.ts";
import type { Port, Ports } from "../component/ports.ts";
import type { ComponentInstance, PortInstance } from "../model/instances.ts";
import { insideUnfitness } from "./inside-fit.ts";

const KINDS: Readonly<Record<Port["kind"], PortInstance["kind"]>> = {
  pub: "pub",
  sub: "sub",
  clt: "clt",
  srv: "srv",
  req: "req",
  rep: "rep",
  qry: "qry",
  ans: "ans",
  tim: "timer",
  ins: "inside",
};

interface Names {
  readonly name: string;
}

function messagesOf(port: Port): string {
  if ("message" in port) return (port.message as Names).name;
  if (!("request" in port)) return "";
  return `(${(port.request as Names).name}, ${(port.reply as Names).name})`;
}

function messagesOfModel(port: PortInstance): string {
  if ("message" in port) return port.message;
  return "request" in port ? `(${port.request}, ${port.reply})` : "";
}

/** Every difference between a component's code and its model, each in words; empty when they fit. */
export function unfitness(definition: AnyDefinition, model: ComponentInstance): string[] {
  const ports = definition.ports as Ports;
  const inCode = new Map(Object.entries(ports));
  const faults: string[] = [];
  for (const port of model.ports) {
    const code = inCode.get(port.name);
    inCode.delete(port.name);
    const wanted = `${port.kind} ${port.name} : ${messagesOfModel(port)}`;
    if (code === undefined) faults.push(`the model has \`${wanted}\`, the code has no such port`);
    else if (KINDS[code.kind] !== port.kind || messagesOf(code) !== messagesOfModel(port))
      faults.push(
        `the model has \`${wanted}\`, the code has \`${KINDS[code.kind]} ${port.name} : ${messagesOf(code)}\``,
      );
  }
  for (const [name, code] of inCode)
    faults.push(`the code has \`${KINDS[code.kind]} ${name}\`, the model has no such port`);
  return [...faults, ...insideUnfitness(definition, model)];
}

/**
 * What is wrong with the handlers of a component, each in words: every port at which something comes in
 * has one, and no other name begins as theirs do.
 */
export function handlerFaults(ports: Ports, handlers: object): string[] {
  const faults: string[] = [];
  const wanted = new Set<string>();
  const table = handlers as Readonly<Record<string, unknown>>;
  for (const [name, { kind }] of Object.entries(ports)) {
    if (kind === "pub" || kind === "clt") continue;
    const handler = `on_${name}`;
    wanted.add(handler);
    if (typeof table[handler] !== "function")
      faults.push(`\`${KINDS[kind]} ${name}\` needs a handler \`${handler}\`, the code has none`);
  }
  for (const name of namesOf(handlers))
    if (name.startsWith("on_") && !wanted.has(name))
      faults.push(
        `the code has a handler \`${name}\`, and no port where something comes in for it`,
      );
  return faults;
}

/** Names of an object and of its classes. */
function namesOf(object: object): Set<string> {
  const names = new Set<string>();
  for (let each = object; each !== Object.prototype; each = Object.getPrototypeOf(each) as object) {
    for (const name of Object.getOwnPropertyNames(each)) names.add(name);
    if (Object.getPrototypeOf(each) === null) break;
  }
  return names;
}
