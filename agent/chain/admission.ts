import type { Common } from "@ethereumjs/common";
import {
  Capability,
  createTxFromRLP,
  type FeeMarket1559Tx,
  getMinimumGasLimit,
  type TypedTransaction,
} from "@ethereumjs/tx";
import { bytesToHex, EthereumJSError, equalsBytes, KECCAK256_NULL } from "@ethereumjs/util";
import type { AccountRecord } from "./account-record.ts";
import { TRANSACTION_GAS_MAX } from "./fixed-common.ts";
import type { Pooled } from "./pending-pool.ts";

/** Most bytes of one signed transaction, as other nodes have it. */
export const TRANSACTION_BYTES_MAX = 128 * 1024;

/** Most bytes of code that make a contract. Source: EIP-3860. */
const INIT_CODE_BYTES_MAX = 49_152;

const BLOB_TYPE = 3;

/** A signed transaction whose form and signature are sound. */
export interface SignedTransaction extends Pooled {
  readonly raw: Uint8Array;
  readonly hashBytes: Uint8Array;
  readonly signed: TypedTransaction;
}

/** Most wei that one unit of its gas may cost. */
function gasPriceWeiMax(transaction: TypedTransaction): bigint {
  return transaction.supports(Capability.EIP1559FeeMarket)
    ? (transaction as FeeMarket1559Tx).maxFeePerGas
    : (transaction as { gasPrice: bigint }).gasPrice;
}

/** The transaction in `raw`, or the reason why it is none that this chain takes. */
export function readTransaction(common: Common, raw: Uint8Array): SignedTransaction | string {
  if (raw.length > TRANSACTION_BYTES_MAX) return "oversized data";
  if (raw[0] === BLOB_TYPE) return "transaction type not supported: this chain carries no blobs";
  let signed: TypedTransaction;
  try {
    signed = createTxFromRLP(raw, { common });
    if (!signed.isSigned()) return "transaction is not signed";
    const sender = signed.getSenderAddress().toString();
    const hashBytes = signed.hash();
    const reason = whyMalformed(signed);
    if (reason !== undefined) return reason;
    return { raw, signed, sender, hashBytes, hash: bytesToHex(hashBytes), nonce: signed.nonce };
  } catch (error) {
    // Bytes off the wire: the library tells what is wrong with them by throwing.
    if (error instanceof EthereumJSError || error instanceof RangeError) return error.message;
    return `not a transaction: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function whyMalformed(signed: TypedTransaction): string | undefined {
  if (signed.gasLimit > TRANSACTION_GAS_MAX) {
    const most = `the most is ${TRANSACTION_GAS_MAX.toString()} (EIP-7825)`;
    return `transaction gas limit too high: ${signed.gasLimit.toString()}, ${most}`;
  }
  const gasMin = getMinimumGasLimit(signed);
  if (signed.gasLimit < gasMin)
    return `intrinsic gas too low: have ${signed.gasLimit.toString()}, want ${gasMin.toString()}`;
  if (signed.to === undefined && signed.data.length > INIT_CODE_BYTES_MAX)
    return "max initcode size exceeded";
  return undefined;
}

/** Why `transaction` cannot run now, given its sender's account; undefined when it can. */
export function whyRefused(
  { signed, nonce }: SignedTransaction,
  account: AccountRecord,
  isDelegated: () => boolean,
): string | undefined {
  if (nonce < account.nonce) return "nonce too low";
  if (nonce > account.nonce) return "nonce too high";
  const costWei = signed.gasLimit * gasPriceWeiMax(signed) + signed.value;
  if (account.balanceWei < costWei) {
    const facts = `have ${account.balanceWei.toString()} want ${costWei.toString()}`;
    return `insufficient funds for gas * price + value: ${facts}`;
  }
  // Source: EIP-3607, with the exception of EIP-7702.
  if (!equalsBytes(account.codeHash, KECCAK256_NULL) && !isDelegated())
    return "sender not an eoa";
  return undefined;
}
