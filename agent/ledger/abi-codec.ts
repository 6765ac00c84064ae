import { concatBytes } from "@ethereumjs/util";
import type { Abi, AbiEvent, AbiFunction, AbiParameter } from "abitype";
import type { Hex, ReadOutcome } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";
import { decodeValues, encodeValues } from "./abi-values.ts";
import { bytesOf, hexOf } from "./hex.ts";

/** Why a contract said no. */
export interface Refusal {
  /** Name of the contract's error, "Error" and "Panic" for Solidity's own, "unknown" without one. */
  readonly errorName: string;
  readonly errorArgs: readonly unknown[];
}

/** An event's name and arguments. */
export interface DecodedEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const SELECTOR_BYTES = 4;

/** Errors that Solidity itself raises: revert with a text, and failed assertions and arithmetic. */
const BUILT_IN_ERRORS = [
  { type: "error", name: "Error", inputs: [{ name: "message", type: "string" }] },
  { type: "error", name: "Panic", inputs: [{ name: "code", type: "uint256" }] },
] as const satisfies Abi;

/** Types whose indexed form is a hash and not the value. */
function isHashedWhenIndexed({ type }: AbiParameter): boolean {
  return type === "string" || type === "bytes" || type.endsWith("]") || type.startsWith("tuple");
}

function typeText(parameter: AbiParameter): string {
  if (!("components" in parameter)) return parameter.type.replace(/^(u?int)(?=\[|$)/, "$1256");
  return `(${parameter.components.map(typeText).join(",")})${parameter.type.slice("tuple".length)}`;
}

function signatureText(name: string, inputs: readonly AbiParameter[]): string {
  return `${name}(${inputs.map(typeText).join(",")})`;
}

function callInvalid(name: string, cause: unknown): AgentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AgentError("LEDGER_CALL_INVALID", { name, reason }, { cause });
}

/**
 * Turns calls, results, events and errors of contracts into bytes and back.
 * Source: Solidity, "Contract ABI Specification".
 */
export class AbiCodec {
  readonly #keccak256: (message: Uint8Array) => Uint8Array;

  constructor(keccak256: (message: Uint8Array) => Uint8Array) {
    this.#keccak256 = keccak256;
  }

  /**
   * Call data for a function given by name, or by signature such as "f(uint256)" when overloaded.
   * @throws AgentError LEDGER_CALL_INVALID
   */
  encodeCall(abi: Abi, functionName: string, args: readonly unknown[]): Uint8Array {
    let failure: unknown = new TypeError("no such function");
    for (const { name, inputs } of this.#functions(abi, functionName)) {
      try {
        const values = encodeValues(inputs, args);
        const selector = this.#selector(signatureText(name, inputs));
        return concatBytes(selector, values);
      } catch (error) {
        // The next overload may fit.
        failure = error;
      }
    }
    throw callInvalid(functionName, failure);
  }

  /** Creation code with its constructor's arguments. @throws AgentError LEDGER_CALL_INVALID */
  encodeCreation(abi: Abi, bytecode: Hex, args: readonly unknown[]): Uint8Array {
    const creation = abi.find((item) => item.type === "constructor");
    try {
      return concatBytes(bytesOf(bytecode), encodeValues(creation?.inputs ?? [], args));
    } catch (error) {
      throw callInvalid("constructor", error);
    }
  }

  /** Result of a view function called with `args`; bytes that are no result count as a refusal. */
  decodeResult(
    abi: Abi,
    functionName: string,
    { args, result }: { readonly args: readonly unknown[]; readonly result: Uint8Array },
  ): ReadOutcome {
    const called = this.#functions(abi, functionName).find(
      ({ inputs }) => inputs.length === args.length,
    );
    try {
      const values = decodeValues(called?.outputs ?? [], result);
      return { kind: "value", value: values.length === 1 ? values[0] : values };
    } catch (error) {
      // Such as nothing at all, where there is no contract.
      return { kind: "refused", errorName: "unknown", errorArgs: [(error as Error).message] };
    }
  }

  /** The error behind the bytes that a contract reverted with; undefined when it is none of `abi`'s. */
  decodeRefusal(abi: Abi, revertData: Uint8Array): Refusal | undefined {
    const selector = hexOf(revertData.subarray(0, SELECTOR_BYTES));
    for (const item of [...BUILT_IN_ERRORS, ...abi]) {
      if (item.type !== "error") continue;
      if (hexOf(this.#selector(signatureText(item.name, item.inputs))) !== selector) continue;
      try {
        const errorArgs = decodeValues(item.inputs, revertData.subarray(SELECTOR_BYTES));
        return { errorName: item.name, errorArgs };
      } catch {
        return { errorName: item.name, errorArgs: [] };
      }
    }
    return undefined;
  }

  /** Like decodeRefusal; "unknown" with the node's words when the contract gave no error of `abi`. */
  nameRefusal(
    abi: Abi,
    { revertData, message }: { readonly revertData: Uint8Array; readonly message: string },
  ): Refusal {
    return this.decodeRefusal(abi, revertData) ?? { errorName: "unknown", errorArgs: [message] };
  }

  /** The events of `abi` with these names, by their first topic. @throws AgentError LEDGER_CALL_INVALID */
  eventsByTopic(abi: Abi, names: readonly string[]): ReadonlyMap<Hex, AbiEvent> {
    const events = new Map<Hex, AbiEvent>();
    for (const name of names) {
      const found = abi.filter((item) => item.type === "event" && item.name === name) as AbiEvent[];
      if (found.length === 0) throw callInvalid(name, new TypeError("no such event"));
      for (const event of found) events.set(this.#topic(event), event);
    }
    return events;
  }

  /**
   * Arguments by name (by position where there is none). An indexed text, bytes, list or tuple is on the
   * chain as its hash only, and comes as that.
   * @throws Error when topics and data are not those of `event`.
   */
  decodeEvent(event: AbiEvent, topics: readonly Hex[], data: Hex): DecodedEvent {
    const plain = decodeValues(
      event.inputs.filter((input) => input.indexed !== true),
      bytesOf(data),
    );
    let topicAt = 1;
    let plainAt = 0;
    const args: Record<string, unknown> = {};
    event.inputs.forEach((input, at) => {
      const name = input.name === undefined || input.name === "" ? String(at) : input.name;
      if (input.indexed !== true) args[name] = plain[plainAt++];
      else {
        const topic = topics[topicAt++];
        args[name] = isHashedWhenIndexed(input) ? topic : decodeValues([input], bytesOf(topic))[0];
      }
    });
    return { name: event.name, args };
  }

  #functions(abi: Abi, name: string): AbiFunction[] {
    return abi.filter(
      (item): item is AbiFunction =>
        item.type === "function" &&
        (item.name === name || signatureText(item.name, item.inputs) === name),
    );
  }

  #selector(signature: string): Uint8Array {
    return this.#keccak256(new TextEncoder().encode(signature)).subarray(0, SELECTOR_BYTES);
  }

  #topic({ name, inputs }: AbiEvent): Hex {
    return hexOf(this.#keccak256(new TextEncoder().encode(signatureText(name, inputs))));
  }
}
