import type { Exit } from "../core/spawner.ts";

/** What a child process is told first. */
export interface Boot {
  /** Which program of the table to run. */
  readonly program: string;
  /** For people and logs. */
  readonly name: string;
  /** Handed to the program. */
  readonly options: unknown;
  /** What the spawner's owner wants its children's worlds to be made of. */
  readonly world: unknown;
  /** Set for a child that goes on without its parent. */
  readonly lasting?: LastingTerms;
}

/** What a lasting child and whoever becomes its parent know of each other. */
export interface LastingTerms {
  /** Where the child waits for its next parent: a name in the kernel's abstract namespace, gone with the process. */
  readonly address: string;
  /** What a parent says first, so that no stranger on this machine becomes one. */
  readonly parentToken: string;
  /** What the child says first, so that nobody takes its place. */
  readonly childToken: string;
  /** The child's entry among the living; the child removes it when it ends without a parent. */
  readonly recordPath: string;
  /** Without a parent the child stops itself after this, in ms. */
  readonly orphanMsMax: number;
}

/** From parent to child. */
export type ToChild =
  | { readonly kind: "boot"; readonly boot: Boot }
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "stop" }
  /** To a thread: end at once. */
  | { readonly kind: "kill" };

/** From child to parent; `ended` and `failed` are a child's last words. */
export type ToParent =
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "ended"; readonly asked: boolean }
  | { readonly kind: "failed"; readonly reason: string };

/** How a child ended, as it says itself. */
export function lastWordOf(told: Exclude<ToParent, { kind: "message" }>): Exit {
  if (told.kind === "failed") return { kind: "failed", reason: told.reason };
  return told.asked
    ? { kind: "stopped", reason: "asked to stop" }
    : { kind: "failed", reason: "ended by itself" };
}

/** Status of a child whose program failed. */
export const EXIT_FAILED = 1;

/** Argument of a child's main module: its first parent is at LASTING_FD and not at Node's own channel. */
export const LASTING_ARGUMENT = "lasting-child";

/** Where a lasting child finds the socket to its first parent. */
export const LASTING_FD = 3;
