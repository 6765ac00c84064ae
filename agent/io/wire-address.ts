import { decodeZ85, encodeZ85 } from "./curve-keys.ts";

/** Where a socket of a Wire is, as an endpoint tells it. */
export type WireAddress = (
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A Unix socket of Linux without a file: its name is gone with its process. Source: unix(7), abstract. */
  | { readonly kind: "unix"; readonly name: string }
  | { readonly kind: "memory"; readonly name: string }
) & {
  /** Who is there is not ours, or is not to know that we are. */
  readonly isPlain: boolean;
  /** CURVE's public key of who is there. */
  readonly key: Buffer | undefined;
};

const PORT_MAX = 65_535;
const NAME_CHARACTERS_MAX = 90;

/** An address as text. */
export function endpointText(address: WireAddress): string {
  const { kind, isPlain, key } = address;
  const place =
    kind === "tcp"
      ? `tcp://${address.host}:${address.port}`
      : `${kind === "unix" ? "ipc://@" : "mem://"}${address.name}`;
  return `${isPlain ? "plain+" : ""}${place}${key === undefined ? "" : `#${encodeZ85(key)}`}`;
}

/** The address that `endpoint` names; undefined for other text, which stands for peers that never come up. */
export function parseEndpoint(endpoint: string): WireAddress | undefined {
  const [, plain, kind, place = "", keyText] =
    /^(plain\+)?(tcp:\/\/|ipc:\/\/@|mem:\/\/)([^#]+)(?:#(.+))?$/.exec(endpoint) ?? [];
  const key = keyText === undefined ? undefined : decodeZ85(keyText);
  if (keyText !== undefined && key === undefined) return undefined;
  const common = { isPlain: plain !== undefined, key };
  // Node and libzmq do not agree on the length of an abstract name, and memory is ours alone.
  if (common.isPlain && kind !== "tcp://") return undefined;
  if (kind === "mem://") return { kind: "memory", name: place, ...common };
  if (kind === "ipc://@")
    return place.length > NAME_CHARACTERS_MAX
      ? undefined
      : { kind: "unix", name: place, ...common };
  const [, host = "", portText] = /^([\w.-]+|\*|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(place) ?? [];
  const port = Number(portText);
  if (kind === undefined || !(port >= 1 && port <= PORT_MAX)) return undefined;
  return { kind: "tcp", host, port, ...common };
}

/** What Node's sockets listen on or connect to for `address`. */
export function netOptions(
  address: WireAddress,
): { readonly host?: string; readonly port: number } | { readonly path: string } {
  if (address.kind !== "tcp") return { path: `\0${address.name}` };
  const { host, port } = address;
  if (host === "*") return { port };
  return { host: host.replace(/^\[|\]$/g, ""), port };
}
