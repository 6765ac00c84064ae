import type { SourcePosition } from "./problem.ts";

/** A name where it is used. */
export interface NameReference {
  readonly name: string;
  readonly position: SourcePosition;
}
