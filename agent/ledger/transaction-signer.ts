import { type Common, createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { createFeeMarket1559Tx, createFeeMarket1559TxFromRLP } from "@ethereumjs/tx";
import type { Hex } from "../component/ledger-service.ts";
import { bytesOf, hexOf } from "./hex.ts";
import type { LedgerCrypto } from "./ledger-crypto.ts";

/** What is signed. */
export interface TransactionFields {
  readonly nonce: number;
  readonly gasLimit: number;
  /** Undefined: creates a contract. */
  readonly to: Hex | undefined;
  readonly valueWei: bigint;
  readonly data: Uint8Array;
}

/** A transaction ready to be sent. */
export interface SignedTransaction {
  readonly hash: Hex;
  readonly raw: Hex;
}

/** Builds and signs transactions of type 2 (EIP-1559). */
export interface TransactionSigner {
  sign(fields: TransactionFields, key: Uint8Array): SignedTransaction;
  /** Reads back what `sign` made. */
  read(raw: Hex): TransactionFields;
}

/**
 * One rule set for all transactions. The library copies it and merges its parameter table for each
 * transaction, which costs more than the signature; the rules never change here, so once is enough.
 * London is the first fork with type 2: what is signed is the same under every later one.
 */
function fixedRules(chainId: number, crypto: LedgerCrypto): Common {
  const rules = createCustomCommon({ chainId }, Mainnet, {
    hardfork: Hardfork.London,
    customCrypto: { keccak256: crypto.keccak256, ecsign: crypto.sign },
  });
  const merge = rules.updateParams.bind(rules);
  let merged = false;
  rules.updateParams = (parameters) => {
    if (!merged) merge(parameters);
    merged = true;
  };
  rules.copy = () => rules;
  return rules;
}

/**
 * A signer for one chain. A positive fee cap keeps the same bytes valid on the embedded chain, where
 * gas is free, and on chains with a base fee.
 */
export function transactionSigner(
  crypto: LedgerCrypto,
  { chainId, feeCapWei, tipWei }: { chainId: number; feeCapWei: bigint; tipWei: bigint },
): TransactionSigner {
  const common = fixedRules(chainId, crypto);
  return {
    sign({ nonce, gasLimit, to, valueWei, data }, key) {
      const unsigned = createFeeMarket1559Tx(
        {
          chainId: BigInt(chainId),
          nonce: BigInt(nonce),
          gasLimit: BigInt(gasLimit),
          maxFeePerGas: feeCapWei,
          maxPriorityFeePerGas: tipWei,
          value: valueWei,
          data,
          ...(to === undefined ? {} : { to }),
        },
        { common },
      );
      const signed = unsigned.sign(key);
      return { hash: hexOf(signed.hash()), raw: hexOf(signed.serialize()) };
    },
    read(raw) {
      const { nonce, gasLimit, to, value, data } = createFeeMarket1559TxFromRLP(bytesOf(raw), {
        common,
      });
      return {
        nonce: Number(nonce),
        gasLimit: Number(gasLimit),
        to: to === undefined ? undefined : hexOf(to.bytes),
        valueWei: value,
        data,
      };
    },
  };
}
