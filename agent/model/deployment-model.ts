import type { LanguageVersion, Literal, NameReference } from "./app-model.ts";
import type { SourcePosition } from "./problem.ts";

/** A parsed `.depl` file as frozen plain data. */
export interface DeploymentModel {
  /** The application it places. */
  readonly appName: string;
  readonly fileName: string;
  readonly languageVersion: LanguageVersion;
  readonly hostRules: readonly HostRule[];
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

/** `on (h1, h2) A(x=1), B;` or `on all …`. */
export interface Placement {
  /** Board names or addresses, or every board of the fleet. */
  readonly targets: readonly NameReference[] | "all";
  readonly actors: readonly PlacedActor[];
  readonly position: SourcePosition;
}

/** One actor of a placement. */
export interface PlacedActor {
  readonly actor: NameReference;
  readonly arguments: readonly Argument[];
  /** `as name`, ours: distinguishes several instances of one actor type on a board; null: the type's name. */
  readonly instanceName: NameReference | null;
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
