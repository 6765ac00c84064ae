// The market's compiled code on an EVM in memory, with a clock of its own: for tests only.
import assert from "node:assert/strict";
import { createBlock } from "@ethereumjs/block";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { SimpleStateManager } from "@ethereumjs/statemanager";
import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import { Address, bytesToHex, createAccount, hexToBytes } from "@ethereumjs/util";
import { createVM, runTx, type VM } from "@ethereumjs/vm";
import {
  type Abi,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  keccak256,
} from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import { emptyFinalizeCall, finalizeCalls } from "../rules/candidate-chain.ts";
import type { NewOffer, Trade } from "../rules/market-terms.ts";
import { encodeOffers } from "../rules/offer-codec.ts";
import { decodeSolution, encodeSolution, type PackedSolution } from "../rules/solution-codec.ts";
import { marketAbi, marketBytecode } from "./generated/market-artefact.ts";

export const START_S = 1_800_000_000;
export const INTERVAL_S = 900;
export const CLEAR_INTERVALS = 1;
export const HORIZON_INTERVALS = 30;
/** EIP-7825: the most gas of one transaction. */
export const TX_GAS_MAX = 2n ** 24n;
export const WEI_PER_UNIT = 10n ** 12n;

export interface DeployOptions {
  readonly clearIntervals?: number;
  readonly horizonIntervals?: number;
  readonly intervalS?: number;
}

export interface Receipt {
  readonly gas: bigint;
  readonly events: readonly { readonly name: string; readonly args: Record<string, unknown> }[];
}

/** One refusal: `name` of the error and its arguments, or "" when the contract named none. */
export class Refused extends Error {
  readonly errorName: string;
  readonly args: readonly unknown[];
  constructor(errorName: string, args: readonly unknown[]) {
    super(`${errorName}(${args.map(String).join(", ")})`);
    this.errorName = errorName;
    this.args = args;
  }
}

// Without the exact types: functions are called by names that are only known at run time.
const abi: Abi = marketAbi;
const hashBytes = (bytes: Uint8Array): Uint8Array => hexToBytes(keccak256(bytes));
const keyOf = (who: number): Hex => `0x${(who + 1).toString(16).padStart(64, "0")}`;
export const DSO = 0;

export class MarketHarness {
  readonly vm: VM;
  readonly market: Address;
  readonly #common: Common;
  /** Seconds of the next transaction's block. */
  nowS = START_S - 10 * INTERVAL_S;
  readonly #addresses = new Map<number, Address>();

  private constructor(vm: VM, common: Common, market: Address) {
    this.vm = vm;
    this.#common = common;
    this.market = market;
  }

  static async deploy(options: DeployOptions = {}): Promise<MarketHarness> {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });
    const vm = await createVM({ common, stateManager: new SimpleStateManager() });
    const market = new MarketHarness(vm, common, new Address(new Uint8Array(20)));
    return market.deployAgain(options);
  }

  /** A further market on the same chain, by the same operator. */
  async deployAgain(options: DeployOptions = {}): Promise<MarketHarness> {
    const data = encodeDeployData({
      abi,
      bytecode: marketBytecode,
      args: [
        {
          startS: BigInt(START_S),
          intervalS: options.intervalS ?? INTERVAL_S,
          clearIntervals: options.clearIntervals ?? CLEAR_INTERVALS,
          horizonIntervals: options.horizonIntervals ?? HORIZON_INTERVALS,
        },
      ],
    });
    const { createdAddress } = await this.#run(DSO, undefined, data, 0n);
    assert.ok(createdAddress);
    return new MarketHarness(this.vm, this.#common, createdAddress);
  }

  addressOf(who: number): Address {
    let address = this.#addresses.get(who);
    if (address === undefined) {
      address = new Address(hexToBytes(privateKeyToAccount(keyOf(who)).address));
      this.#addresses.set(who, address);
    }
    return address;
  }

  async #run(who: number, to: Address | undefined, data: Hex, value: bigint) {
    const from = this.addressOf(who);
    if ((await this.vm.stateManager.getAccount(from)) === undefined)
      await this.vm.stateManager.putAccount(from, createAccount({ balance: 10n ** 36n }));
    const nonce = (await this.vm.stateManager.getAccount(from))!.nonce;
    const tx = createFeeMarket1559Tx(
      { nonce, gasLimit: TX_GAS_MAX, ...(to ? { to } : {}), value, data, maxFeePerGas: 0n },
      { common: this.#common, freeze: false },
    );
    // Signing is not what is tested here, and costs milliseconds.
    tx.getSenderAddress = () => from;
    tx.isSigned = () => true;
    const block = createBlock(
      { header: { timestamp: this.nowS, gasLimit: 2n ** 30n, baseFeePerGas: 0n } },
      { common: this.#common, skipConsensusFormatValidation: true },
    );
    const result = await runTx(this.vm, { tx, block, skipHardForkValidation: true });
    const failure = result.execResult.exceptionError;
    if (failure !== undefined) throw refusalOf(failure.error, result.execResult.returnValue);
    return result;
  }

  /** Sends a transaction; throws Refused when the contract reverts. */
  async send(
    who: number,
    functionName: string,
    args: readonly unknown[],
    units = 0n,
  ): Promise<Receipt> {
    return this.sendWei(who, functionName, args, units * WEI_PER_UNIT);
  }

  async sendWei(
    who: number,
    functionName: string,
    args: readonly unknown[],
    wei: bigint,
  ): Promise<Receipt> {
    const data = encodeFunctionData({ abi, functionName, args });
    const { totalGasSpent, receipt } = await this.#run(who, this.market, data, wei);
    const events = receipt.logs.map(([, topics, bytes]) => {
      const decoded = decodeEventLog({
        abi: marketAbi,
        topics: topics.map((topic) => bytesToHex(topic)) as [Hex, ...Hex[]],
        data: bytesToHex(bytes),
      });
      return { name: decoded.eventName, args: decoded.args };
    });
    return { gas: totalGasSpent, events };
  }

  /** Reads a view. */
  async view(functionName: string, ...args: readonly unknown[]): Promise<unknown> {
    const data = hexToBytes(encodeFunctionData({ abi, functionName, args }));
    const block = createBlock(
      { header: { timestamp: this.nowS, gasLimit: 2n ** 30n, baseFeePerGas: 0n } },
      { common: this.#common, skipConsensusFormatValidation: true },
    );
    const { execResult } = await this.vm.evm.runCall({
      to: this.market,
      caller: this.addressOf(DSO),
      data,
      block,
      isStatic: true,
      gasLimit: TX_GAS_MAX,
    });
    if (execResult.exceptionError !== undefined)
      throw refusalOf(execResult.exceptionError.error, execResult.returnValue);
    return decodeFunctionResult({
      abi,
      functionName,
      data: bytesToHex(execResult.returnValue),
    });
  }

  async weiHeld(): Promise<bigint> {
    return (await this.vm.stateManager.getAccount(this.market))!.balance;
  }

  meterOf(who: number): Hex {
    return `0x${who.toString(16).padStart(64, "0")}`;
  }

  async certificate(who: number, meter = this.meterOf(who), signer = DSO): Promise<Hex> {
    const address = this.addressOf(who).toString();
    const digest = (await this.view("certificateDigest", meter, address)) as Hex;
    return sign({ hash: digest, privateKey: keyOf(signer), to: "hex" });
  }

  /** Registers prosumer `who` on `feeder` with limits of 2^32 - 1 Wh and deposits `units`; feeder must be set. */
  async join(
    who: number,
    feeder: number,
    units = 0n,
    limitsWh = [2 ** 32 - 1, 2 ** 32 - 1],
  ): Promise<void> {
    await this.send(DSO, "registerSmartMeter", [this.meterOf(who), feeder, ...limitsWh]);
    await this.send(who, "registerProsumer", [this.meterOf(who), await this.certificate(who)]);
    if (units > 0n) await this.send(who, "deposit", [], units);
  }

  async post(who: number, plan: number, offers: readonly NewOffer[]): Promise<Receipt> {
    return this.send(who, "postOffers", [plan, bytesToHex(encodeOffers(offers))]);
  }

  async solve(who: number, trades: readonly Trade[]): Promise<Receipt> {
    return this.solvePacked(who, encodeSolution(trades));
  }

  async solvePacked(who: number, packed: PackedSolution): Promise<Receipt> {
    const { offerList, chunks } = packed;
    return this.send(who, "postSolution", [bytesToHex(offerList), bytesToHex(chunks)]);
  }

  /** Finalizes `interval` out of the candidate whose trades are `trades`. */
  async finalize(who: number, interval: number, trades: readonly Trade[] = []): Promise<Receipt> {
    const ordered = decodeSolution(encodeSolution(trades)) ?? [];
    const call =
      finalizeCalls(ordered, hashBytes).find((one) => one.interval === interval) ??
      emptyFinalizeCall(interval);
    return this.send(who, "finalize", [
      interval,
      bytesToHex(call.trades),
      call.nextInterval,
      bytesToHex(call.tail),
    ]);
  }

  /** The second from which `interval` may be finalized and takes no more offers. */
  static finalizableS(interval: number, clearIntervals = CLEAR_INTERVALS): number {
    return START_S + (interval - clearIntervals) * INTERVAL_S;
  }
}

function refusalOf(reason: string, returned: Uint8Array): Error {
  if (reason !== "revert") return new Error(`the EVM stopped: ${reason}`);
  if (returned.length === 0) return new Refused("", []);
  const { errorName, args } = decodeErrorResult({ abi, data: bytesToHex(returned) });
  return new Refused(errorName, args ?? []);
}

/** Asserts that `attempt` is refused with the error `name` (and `args`, when given). */
export async function refuses(
  attempt: Promise<unknown>,
  name: string,
  args?: readonly unknown[],
): Promise<void> {
  await assert.rejects(attempt, (error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    assert.equal(error.errorName, name, error.message);
    if (args !== undefined) assert.deepEqual(error.args.map(Number), args.map(Number));
    return true;
  });
}

export const sells = (
  energyWh: number,
  priceUnits: number,
  first: number,
  mask = 1n,
): NewOffer => ({
  kind: "sell",
  energyWh,
  priceUnits,
  firstInterval: first,
  intervalMask: mask,
});

export const buys = (energyWh: number, priceUnits: number, first: number, mask = 1n): NewOffer => ({
  ...sells(energyWh, priceUnits, first, mask),
  kind: "buy",
});

/** Of the interval: `energyWh` from offer `seller` to offer `buyer`, at `priceUnits` (10 unless told). */
export const trade = (
  interval: number,
  [seller, buyer]: readonly [number, number],
  energyWh: number,
  priceUnits = 10,
): Trade => ({ interval, sellerOffer: seller, buyerOffer: buyer, energyWh, priceUnits });
