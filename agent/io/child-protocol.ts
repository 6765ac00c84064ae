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

/** From child to parent; `ended` and `failed` are a child's last words. */
export type ToParent =
  | { readonly kind: "message"; readonly message: unknown }
  | { readonly kind: "ended"; readonly asked: boolean }
  | { readonly kind: "failed"; readonly reason: string };

/** Status of a child whose program failed. */
export const EXIT_FAILED = 1;
