/** How one attempt with a given gas limit went. */
export interface Attempt {
  readonly succeeded: boolean;
  /** Gas it held at most, before refunds. */
  readonly gasBeforeRefund: bigint;
}

/**
 * The least gas limit with which `attempt` succeeds, or undefined when it fails even with `gasMax`.
 *
 * Searched by halving, not taken from the gas used: a call hands at most 63/64 of its gas on
 * (EIP-150), so that a transaction may need more than it uses. Most need exactly what they use,
 * which is therefore tried first.
 */
export async function leastGas(
  gasMax: bigint,
  attempt: (gas: bigint) => Promise<Attempt>,
): Promise<bigint | undefined> {
  const first = await attempt(gasMax);
  if (!first.succeeded) return undefined;
  const used = first.gasBeforeRefund;
  if (used >= gasMax) return gasMax;
  if ((await attempt(used)).succeeded) return used;
  let failing = used;
  let working = gasMax;
  // Nearly every call that needs more than it uses finds it within 64/63 and a stipend.
  const guess = ((used + 2_300n) * 64n) / 63n;
  if (guess < gasMax) {
    if ((await attempt(guess)).succeeded) working = guess;
    else failing = guess;
  }
  while (working - failing > 1n) {
    const middle = (working + failing) / 2n;
    if ((await attempt(middle)).succeeded) working = middle;
    else failing = middle;
  }
  return working;
}
