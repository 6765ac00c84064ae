import type { NameReference } from "./name-reference.ts";
import type { SourcePosition } from "./problem.ts";

/**
 * The block behind a placed actor, ours: `{ isolation shared; restart 5 over 60 sec; … }`. What is
 * not given is null or empty and left to the agent.
 */
export interface ActorOptions {
  readonly isolation: IsolationClause | null;
  readonly restart: RestartClause | null;
  readonly runAs: RunAsClause | null;
  /** Instances of components that run in threads of their own: `worker solver, planner;`. */
  readonly workers: readonly NameReference[];
  readonly foreign: readonly ForeignClause[];
}

/** `isolation own;` or `isolation shared;`. */
export interface IsolationClause {
  readonly mode: "own" | "shared";
  readonly position: SourcePosition;
}

/** `restart 5 over 60 sec delay 50 msec to 5 sec;`; `restart never;` has `restartsMax` 0. */
export interface RestartClause {
  readonly restartsMax: number;
  /** null with `never`. */
  readonly periodMs: number | null;
  /** Wait before the first restart, in ms, which doubles; null: not given. */
  readonly firstDelayMs: number | null;
  /** The longest wait, in ms; null: not given. */
  readonly delayMsMax: number | null;
  readonly position: SourcePosition;
}

/** `user "meter" groups i2c, gpio;`: either may stand alone. */
export interface RunAsClause {
  readonly user: NameReference | null;
  readonly groups: readonly NameReference[];
  readonly position: SourcePosition;
}

/** `open source.tick "tcp://0.0.0.0:5556";`, `follow sink.tick "tcp://10.0.0.9:5557" curve "…";`. */
export interface ForeignClause {
  /** bind: programs that are not ours come to us; connect: we go to them. */
  readonly how: "bind" | "connect";
  readonly component: NameReference;
  readonly port: NameReference;
  readonly address: string;
  /** Public key of theirs, in Z85; null: in the clear. Always null on `open`. */
  readonly curveKey: string | null;
  readonly position: SourcePosition;
}
