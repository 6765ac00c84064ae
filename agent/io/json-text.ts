import type { Json } from "../core/rpc.ts";

/** The answer to text that is not JSON. Source: JSON-RPC 2.0, section 5.1. */
export const JSON_BAD: Json = {
  jsonrpc: "2.0",
  id: null,
  error: { code: -32_700, message: "Parse error" },
};

/** The value that `text` holds, or undefined when it is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
