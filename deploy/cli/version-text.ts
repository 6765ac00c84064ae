import { readFileSync } from "node:fs";

/** The version of this build of Hedgerow. */
export function hedgerowVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
