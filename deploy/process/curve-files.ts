import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type CurveKeys, makeCurveKeys } from "../../agent/io/curve-keys.ts";

/** The keys of a board, as its processes hand them on; plain data. */
export interface CurveFiles {
  readonly publicKey: string;
  readonly secretKey: string;
  /** File of the public keys that may connect, one a line, "#" begins a comment; absent: whoever knows ours. */
  readonly trustedPath?: string;
}

const TRUSTED_BYTES_MAX = 1_000_000;

/** Only its owner may read a secret. */
const SECRET_MODE = 0o600;

/**
 * The key pair in the file at `path`: its public and its secret key as text in Z85, a line each. When there is
 * no such file a pair is made and written there, for its owner alone.
 * @throws Error when others may read the file, or when it holds no keys.
 */
export function curveKeysAt(path: string): Pick<CurveFiles, "publicKey" | "secretKey"> {
  const text = textAt(path);
  if (text === undefined) return madeAt(path);
  if ((statSync(path).mode & 0o077) !== 0)
    throw new Error(`${path} may be read by others: chmod 600 ${path}`);
  const publicKey = /^public (\S{40})$/m.exec(text)?.[1];
  const secretKey = /^secret (\S{40})$/m.exec(text)?.[1];
  if (publicKey === undefined || secretKey === undefined)
    throw new Error(`${path} does not hold two keys; without it, the next start makes new ones`);
  return { publicKey, secretKey };
}

function madeAt(path: string): Pick<CurveFiles, "publicKey" | "secretKey"> {
  const { publicKey, secretKey } = makeCurveKeys();
  mkdirSync(dirname(path), { recursive: true });
  const text = `# CURVE keys of this board, made here. The secret one never leaves it.\npublic ${publicKey}\nsecret ${secretKey}\n`;
  // Never over another one's: two that start at a time do not end with two different keys.
  writeFileSync(path, text, { mode: SECRET_MODE, flag: "wx", flush: true });
  return { publicKey, secretKey };
}

/** The keys for a Wire. Who is trusted is read again whenever the file has changed: nobody has to restart. */
export function wireKeys({ publicKey, secretKey, trustedPath }: CurveFiles): CurveKeys {
  if (trustedPath === undefined) return { publicKey, secretKey };
  let readAt = "";
  let trusted: ReadonlySet<string> = new Set();
  const allow = (peer: string): boolean => {
    const stamp = stampOf(trustedPath);
    if (stamp !== readAt) trusted = keysOf(textAt(trustedPath) ?? "");
    readAt = stamp;
    return peer === publicKey || trusted.has(peer);
  };
  return { publicKey, secretKey, allow };
}

/** Which state of the file this is; a file that is missing is one without keys. */
function stampOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false, bigint: true });
  return facts === undefined ? "none" : `${facts.ino} ${facts.size} ${facts.mtimeNs}`;
}

/** "#" is a character of keys too: only one at the start of a line, or after a space, begins a comment. */
function keysOf(text: string): ReadonlySet<string> {
  const firsts = text.split("\n").map((line) => line.trim().split(/\s/)[0] ?? "");
  return new Set(firsts.filter((word) => word.length === 40));
}

function textAt(path: string): string | undefined {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  if (facts.size > TRUSTED_BYTES_MAX) throw new Error(`${path} is larger than 1 MB`);
  return readFileSync(path, "utf8");
}
