/**
 * One step in the life of a recorded component. Values are text of `toText`.
 *
 * What comes from outside (open, begin, told, failed) is played back; what the component does (call,
 * ask, get, end) is compared.
 */
export type JournalEntry =
  /** The component was set up with these parameters. */
  | { readonly kind: "open"; readonly componentType: string; readonly parameters: string }
  /** A handler was called. */
  | {
      readonly kind: "begin";
      readonly id: number;
      readonly handler: string;
      readonly args: string;
    }
  /** It ended; `fault` when it threw. */
  | { readonly kind: "end"; readonly id: number; readonly result: string; readonly fault?: string }
  /** A function of the context was called and returned at once; `fault` when it threw. */
  | {
      readonly kind: "call";
      readonly path: string;
      readonly args: string;
      readonly result: string;
      readonly fault?: RecordedFault;
    }
  /** One was called whose result comes later, as told or failed. */
  | { readonly kind: "ask"; readonly id: number; readonly path: string; readonly args: string }
  | { readonly kind: "told"; readonly id: number; readonly result: string }
  | { readonly kind: "failed"; readonly id: number; readonly fault: RecordedFault }
  /** A value of the context was read. */
  | { readonly kind: "get"; readonly path: string; readonly value: string };

/** An error as far as a component can look at it. */
export interface RecordedFault {
  readonly name: string;
  readonly message: string;
  /** Of an AgentError. */
  readonly code?: string;
}

/** Whether the component itself does this, so that a replay compares it. */
export function isOwnDoing(entry: JournalEntry): boolean {
  return (
    entry.kind === "call" || entry.kind === "ask" || entry.kind === "get" || entry.kind === "end"
  );
}
