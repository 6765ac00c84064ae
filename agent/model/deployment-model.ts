import type { ActorOptions } from "./actor-options-model.ts";
import type { LanguageVersion, Literal } from "./app-model.ts";
import type { NameReference } from "./name-reference.ts";
import type { SourcePosition } from "./problem.ts";

/** A parsed `.depl` file as frozen plain data. */
export interface DeploymentModel {
  /** The application it places. */
  readonly appName: string;
  readonly fileName: string;
  readonly languageVersion: LanguageVersion;
  readonly hostRules: readonly HostRule[];
  /** What boards are, ours: for `where`. */
  readonly boards: readonly BoardDeclaration[];
  readonly placements: readonly Placement[];
  readonly position: SourcePosition;
}

/** `host h { network …; }`: what the application may reach from this host beyond its own boards. */
export interface HostRule {
  /** A host name or IPv4 address, or every host. */
  readonly host: NameReference | "all";
  /** Everything, or these hosts; `dns` opens the resolvers. */
  readonly network: "any" | readonly NetworkAccess[];
  readonly position: SourcePosition;
}

/** One opening of the firewall. */
export type NetworkAccess =
  | { readonly type: "dns"; readonly position: SourcePosition }
  | { readonly type: "host"; readonly host: string; readonly position: SourcePosition };

/** `board b1 { memory 512 mb; cores 1; arch armhf; tags roof, meter; }`, ours. */
export interface BoardDeclaration {
  /** As targets name it. */
  readonly name: string;
  /** null: not given, and no constraint on it holds. */
  readonly memoryBytes: number | null;
  readonly cores: number | null;
  readonly arch: string | null;
  readonly tags: readonly NameReference[];
  readonly position: SourcePosition;
}

/** `on (h1, h2) A(x=1), B;`, `on all …`, or ours: `place 2 A on (h1, h2, h3) where …;`. */
export interface Placement {
  /** Board names or addresses, or every board: of the fleet with `on`, that is declared with `place`. */
  readonly targets: readonly NameReference[] | "all";
  /** Several with `on`, one with `place`. */
  readonly actors: readonly PlacedActor[];
  /** So many targets, chosen by placement-rule.ts; null: on every target. */
  readonly count: number | null;
  /** All must hold of a board; empty: any board will do. */
  readonly where: readonly BoardConstraint[];
  readonly position: SourcePosition;
}

/** One condition behind `where`, ours; narrow on `kind`. */
export type BoardConstraint =
  /** `memory >= 512 mb`. */
  | { readonly kind: "memory"; readonly bytesMin: number; readonly position: SourcePosition }
  /** `cores >= 2`. */
  | { readonly kind: "cores"; readonly countMin: number; readonly position: SourcePosition }
  /** `arch = arm64`. */
  | { readonly kind: "arch"; readonly arch: string; readonly position: SourcePosition }
  /** `tag roof`. */
  | { readonly kind: "tag"; readonly tag: string; readonly position: SourcePosition };

/** One actor of a placement. */
export interface PlacedActor {
  readonly actor: NameReference;
  readonly arguments: readonly Argument[];
  /** `as name`, ours: distinguishes several instances of one actor type on a board; null: the type's name. */
  readonly instanceName: NameReference | null;
  /** The block behind it, ours; null: none. */
  readonly options: ActorOptions | null;
  readonly position: SourcePosition;
}

/** `name = value`; a bare word is a string. */
export interface Argument {
  readonly name: string;
  readonly value: Literal;
  /** Whether the value was written without quotes, as a bare word. */
  readonly isBareWord: boolean;
  readonly position: SourcePosition;
}
