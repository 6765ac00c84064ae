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
}

/** From parent to child. */
export type ToChild =
  | { readonly kind: "boot"; readonly boot: Boot }
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "stop" };

/** From a parent to a thread. */
export type ToThread =
  | ToChild
  /** End at once. A process gets a signal for that; a thread has to close its sockets first. */
  | { readonly kind: "kill" };

/** What a thread is made with. */
export interface ThreadData {
  /** 1 once the thread holds no socket any more, and never will; others may wait for that. */
  readonly over: Int32Array;
}

/** From child to parent; `ended` and `failed` are a child's last words. */
export type ToParent =
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "ended"; readonly asked: boolean }
  | { readonly kind: "failed"; readonly reason: string };

/** Status of a child whose program failed. */
export const EXIT_FAILED = 1;
