import type { Trust } from "../../agent/bundle/trust.ts";

const TRUSTED_KEY = /^(\S{40})(?:\s+(.*))?$/;

/**
 * A configuration (`name = value`, a line each) with these settings. What else stands there stays, comments too;
 * a setting that is there, if only as a comment's example, is put in its place. Pure, and idempotent.
 */
export function withSettings(text: string, settings: Readonly<Record<string, string>>): string {
  const lines = text.replace(/\n+$/, "").split("\n");
  for (const [name, value] of Object.entries(settings)) {
    const line = `${name} = ${value}`;
    const active = lines.findIndex((each) => new RegExp(`^\\s*${name}\\s*=`).test(each));
    const example = lines.findIndex((each) => new RegExp(`^#${name} =`).test(each));
    const place = active >= 0 ? active : example;
    if (place >= 0) lines[place] = line;
    else lines.push(line);
  }
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}

/** A list of CURVE keys that may connect, with these boards'; a board whose key has changed has the new one only. Pure. */
export function withTrusted(
  text: string,
  boards: readonly { readonly name: string; readonly curve: string }[],
): string {
  const names = new Set(boards.map(({ name }) => name));
  const keys = new Set(boards.map(({ curve }) => curve));
  const kept = text.split("\n").filter((line) => {
    const [, key, name] = TRUSTED_KEY.exec(line.trim()) ?? [];
    return line.trim() !== "" && !(key !== undefined && (keys.has(key) || names.has(name ?? "")));
  });
  return [...kept, ...boards.map(({ name, curve }) => `${curve} ${name}`), ""].join("\n");
}

/** The same list without a board. Pure. */
export function withoutTrusted(
  text: string,
  { name, curve }: { readonly name: string; readonly curve: string },
): string {
  const kept = text.split("\n").filter((line) => {
    const [, key, whose] = TRUSTED_KEY.exec(line.trim()) ?? [];
    return key === undefined || (key !== curve && whose !== name);
  });
  return kept.join("\n");
}

/** A trust file in which `key` is admin; others stay as they are. Pure, and idempotent. */
export function withAdmin({ keys }: Trust, key: string, name: string): Trust {
  const others = keys.filter((each) => each.key !== key);
  return { format: 1, keys: [...others, { key, role: "admin", name }] };
}
