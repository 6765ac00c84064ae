import { createInterface } from "node:readline";
import { nowUs } from "./events.ts";

/** A registry as its driver reaches it, on one host. Keys and values are short texts. */
export interface RegistryAccess {
  /** Resolves when the registry says that the value is kept; false: it says that it is not. */
  readonly put: (key: string, value: string) => Promise<boolean>;
  readonly get: (key: string) => Promise<readonly string[]>;
  /** Calls `heard` with each value, those that are there and those that come; resolves when it listens. */
  readonly listen: (key: string, heard: (value: string) => void) => Promise<void>;
}

/** What a driver is told, a line of JSON each. */
export interface DriverOrder {
  readonly id: number;
  readonly operation: "put" | "get" | "listen";
  readonly key: string;
  readonly value?: string;
}

/** What a driver says: that it is ready, what became of an order, and what it hears; times of the common clock. */
export type DriverWord =
  | { readonly kind: "ready" }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly beganUs: number;
      readonly endedUs: number;
      readonly values: readonly string[];
      readonly isKept: boolean;
    }
  | { readonly kind: "heard"; readonly key: string; readonly value: string; readonly atUs: number };

/** The orders that a driver's program was started with: its words as JSON. */
export interface DriverOptions {
  readonly address: string;
  readonly broadcastAddress: string;
  /** Address of a host that is there already; absent for the first. */
  readonly seed?: string;
  readonly dataFolder: string;
}

/** What the driver of this process was told at its start. */
export function driverOptions(): DriverOptions {
  return JSON.parse(process.argv[2] ?? "{}") as DriverOptions;
}

/** Serves orders from standard input with `access` until it ends. */
export async function runDriver(access: RegistryAccess): Promise<void> {
  say({ kind: "ready" });
  const running: Promise<void>[] = [];
  for await (const line of createInterface(process.stdin))
    running.push(obey(access, JSON.parse(line) as DriverOrder));
  await Promise.allSettled(running);
}

async function obey(access: RegistryAccess, order: DriverOrder): Promise<void> {
  const { id, key } = order;
  const beganUs = nowUs();
  let values: readonly string[] = [];
  let isKept = true;
  switch (order.operation) {
    case "put":
      isKept = await access.put(key, order.value ?? "");
      break;
    case "get":
      values = await access.get(key);
      break;
    case "listen":
      await access.listen(key, (value) => say({ kind: "heard", key, value, atUs: nowUs() }));
      break;
  }
  say({ kind: "done", id, beganUs, endedUs: nowUs(), values, isKept });
}

function say(word: DriverWord): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}
