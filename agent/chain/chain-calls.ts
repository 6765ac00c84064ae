import type { Common } from "@ethereumjs/common";
import { type AccessList, createAccessList2930Tx } from "@ethereumjs/tx";
import { createAddressFromString, createZeroAddress } from "@ethereumjs/util";
import type { Hex } from "./chain-keys.ts";
import type { BlockRecord } from "./chain-records.ts";
import { leastGas } from "./estimate-gas.ts";
import { TRANSACTION_GAS_MAX } from "./fixed-common.ts";
import type { Machine, Message, MessageResult } from "./machine.ts";
import type { Serial } from "./serial.ts";

/** A call as it is asked for; what is left out: from nobody, no value, no data, the most gas. */
export interface CallRequest {
  readonly from?: Hex;
  readonly to?: Hex;
  readonly data?: Uint8Array;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
  readonly accessList?: AccessList;
}

/** How a call ended. */
export type CallOutcome =
  | { readonly kind: "returned"; readonly data: Uint8Array }
  /** The contract refused, with the data it gave as its reason. */
  | { readonly kind: "reverted"; readonly data: Uint8Array }
  | { readonly kind: "failed"; readonly reason: string };

/** The gas that a transaction needs, or why it cannot succeed. */
export type EstimateOutcome =
  | { readonly kind: "enough"; readonly gas: bigint }
  | Exclude<CallOutcome, { kind: "returned" }>;

/** What calls work with. */
export interface CallerParts {
  readonly machine: Machine;
  readonly common: Common;
  /** Shared with block production. */
  readonly turns: Serial;
  readonly head: () => BlockRecord;
  readonly nowS: () => number;
  readonly balanceWei: (address: Hex) => bigint;
}

const CALLS_WAITING_MAX = 1_000;
const BUSY = "too many calls wait; try again later";

/** Answers questions to contracts, in turn with the blocks. */
export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** What `request` would return in a transaction sent now: it sees the next block's number and time. */
  async call(request: CallRequest): Promise<CallOutcome> {
    if (this.#parts.turns.waitingCount >= CALLS_WAITING_MAX)
      return { kind: "failed", reason: BUSY };
    const message = messageOf(request);
    const reason = this.#whyNoCall(message);
    if (reason !== undefined) return { kind: "failed", reason };
    const result = await this.#parts.turns.run(() =>
      this.#parts.machine.call(this.#parts.head(), this.#parts.nowS(), message),
    );
    return outcomeOf(result) ?? { kind: "returned", data: result.returned };
  }

  /** The least gas limit with which `request` succeeds as a transaction sent now. */
  async estimateGas(request: CallRequest): Promise<EstimateOutcome> {
    if (this.#parts.turns.waitingCount >= CALLS_WAITING_MAX)
      return { kind: "failed", reason: BUSY };
    const message = messageOf(request);
    const reason = this.#whyNoCall(message);
    if (reason !== undefined) return { kind: "failed", reason };
    return this.#parts.turns.run(() => this.#estimate(message, request.accessList ?? []));
  }

  #whyNoCall({ from, valueWei, gas }: Message): string | undefined {
    if (gas > TRANSACTION_GAS_MAX) return `gas limit too high: the most is ${TRANSACTION_GAS_MAX}`;
    if (this.#parts.balanceWei(from.toString()) < valueWei)
      return "insufficient funds for transfer";
    return undefined;
  }

  async #estimate(message: Message, accessList: AccessList): Promise<EstimateOutcome> {
    const { from, to, data, valueWei: value, gas } = message;
    let failure: EstimateOutcome | undefined;
    const found = await leastGas(gas, async (gasLimit) => {
      const transaction = createAccessList2930Tx(
        { ...(to === undefined ? {} : { to }), data, value, gasLimit, accessList },
        { common: this.#parts.common, freeze: false },
      );
      transaction.getSenderAddress = () => from;
      const result = await this.#parts.machine.trial(
        this.#parts.head(),
        this.#parts.nowS(),
        transaction,
      );
      const failed =
        typeof result === "string"
          ? ({ kind: "failed", reason: result } as const)
          : outcomeOf(result);
      failure ??= failed;
      const gasBeforeRefund = typeof result === "string" ? 0n : result.gasBeforeRefund;
      return { succeeded: failed === undefined, gasBeforeRefund };
    });
    if (found !== undefined) return { kind: "enough", gas: found };
    return failure ?? { kind: "failed", reason: "gas required exceeds allowance" };
  }
}

function messageOf({ from, to, data, valueWei, gas }: CallRequest): Message {
  return {
    from: from === undefined ? createZeroAddress() : createAddressFromString(from),
    to: to === undefined ? undefined : createAddressFromString(to),
    data: data ?? new Uint8Array(),
    valueWei: valueWei ?? 0n,
    gas: gas ?? TRANSACTION_GAS_MAX,
  };
}

function outcomeOf({
  failure,
  returned,
}: MessageResult): Exclude<CallOutcome, { kind: "returned" }> | undefined {
  if (failure === undefined) return undefined;
  return failure === "revert"
    ? { kind: "reverted", data: returned }
    : { kind: "failed", reason: failure };
}
