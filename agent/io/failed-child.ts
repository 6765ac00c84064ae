import type { Child, Exit } from "../core/spawner.ts";

const nothing = (): void => undefined;

/** A program that could not be started: it has failed before it began. */
export function failedChild(name: string, error: Error): Child {
  const exit: Exit = { kind: "failed", reason: error.message };
  return {
    ...{ name, pid: 0, exited: Promise.resolve(exit) },
    channel: { send: nothing, receive: nothing },
    kill: nothing,
    stop: nothing,
  };
}
