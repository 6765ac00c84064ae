/** What a board says of one port under its topic. */
export interface ProviderText {
  readonly variant: string;
  readonly endpoint: string;
}

/** As a list in JSON; more may follow in later versions. */
export function encodeProvider({ variant, endpoint }: ProviderText): string {
  return JSON.stringify([variant, endpoint]);
}

/** Undefined for anything else: whoever may say something under a topic may say nonsense. */
export function decodeProvider(text: string): ProviderText | undefined {
  const list = parsed(text);
  if (!Array.isArray(list)) return undefined;
  const [variant, endpoint] = list as unknown[];
  if (typeof variant !== "string" || typeof endpoint !== "string" || endpoint === "")
    return undefined;
  return { variant, endpoint };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
