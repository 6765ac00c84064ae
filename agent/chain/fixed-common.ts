import { type ChainConfig, Common, Hardfork, Mainnet, type ParamsDict } from "@ethereumjs/common";
import type { ChainCrypto } from "./crypto.ts";

/** The rules of this chain: Prague from the first block on. */
export const CHAIN_FORK = Hardfork.Prague;

/** Most gas of one transaction, so that whatever fits here fits on newer forks too. Source: EIP-7825. */
export const TRANSACTION_GAS_MAX = 2n ** 24n;

/** Most gas of one block: never the limit that binds. */
export const BLOCK_GAS_MAX = 2n ** 40n;

/**
 * The protocol's parameters with one fork that never changes.
 *
 * The library merges its parameter tables and copies this object again for each transaction and
 * header. With one fork both give the same result each time, so they are done once.
 */
class FixedCommon extends Common {
  readonly #merged = new Set<ParamsDict>();
  readonly #parameters = new Map<string, bigint>();
  readonly #improvements = new Map<number, boolean>();
  readonly #reached = new Map<string, boolean>();

  override updateParams(parameters: ParamsDict): void {
    if (this.#merged.has(parameters)) return;
    this.#merged.add(parameters);
    this.#parameters.clear();
    super.updateParams(parameters);
  }

  override copy(): Common {
    return this;
  }

  override param(name: string): bigint {
    let value = this.#parameters.get(name);
    if (value === undefined) this.#parameters.set(name, (value = super.param(name)));
    return value;
  }

  override isActivatedEIP(improvement: number): boolean {
    let active = this.#improvements.get(improvement);
    if (active === undefined) {
      active = super.isActivatedEIP(improvement);
      this.#improvements.set(improvement, active);
    }
    return active;
  }

  override gteHardfork(fork: string): boolean {
    // The parent's constructor asks before our tables are there.
    if (!(#reached in this)) return super.gteHardfork(fork);
    let reached = this.#reached.get(fork);
    if (reached === undefined) this.#reached.set(fork, (reached = super.gteHardfork(fork)));
    return reached;
  }
}

/** The rules for chain `chainId`, every fork up to Prague pinned to the genesis block. */
export function fixedCommon(chainId: number, crypto: ChainCrypto): Common {
  const last = Mainnet.hardforks.findIndex(({ name }) => name === CHAIN_FORK);
  const chain: ChainConfig = {
    name: "hedgerow",
    chainId,
    defaultHardfork: CHAIN_FORK,
    consensus: { type: "pos", algorithm: "casper" },
    bootstrapNodes: [],
    genesis: { gasLimit: `0x${BLOCK_GAS_MAX.toString(16)}`, difficulty: 0, nonce: "0x0000000000000000", extraData: "0x" },
    hardforks: Mainnet.hardforks.slice(0, last + 1).map(({ name, timestamp }) =>
      timestamp === undefined ? { name, block: 0 } : { name, block: null, timestamp: 0 },
    ),
  };
  return new FixedCommon({ chain, customCrypto: crypto });
}
