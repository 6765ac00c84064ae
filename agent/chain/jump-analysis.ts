import type { Common } from "@ethereumjs/common";
import { createEVM, type EVM } from "@ethereumjs/evm";

/** The part of the library's interpreter that is replaced; it has no type of its own. */
interface Interpreter {
  readonly _evm: EVM;
  _getValidJumpDestinations(code: Uint8Array): object;
}

/** An opcode that no fork uses, for asking a running program for its interpreter. */
const PROBE_OPCODE = 0x0c;

let patching: Promise<void> | undefined;

/**
 * Makes the library remember where a contract's code may jump, once a process.
 *
 * It works that out anew in every call, by building lists as long as the code: for a market of 12 KB,
 * more than the call itself costs. The result depends on the code and on the machine's opcodes alone,
 * so it is kept for as long as both live. The class is not exported; a probe hands it over.
 */
export function rememberJumps(common: Common): Promise<void> {
  return (patching ??= patch(common));
}

async function patch(common: Common): Promise<void> {
  const { prototype, original } = await probed(common);
  const known = new WeakMap<EVM, WeakMap<Uint8Array, object>>();
  prototype._getValidJumpDestinations = function (this: Interpreter, code) {
    const ofMachine = known.get(this._evm) ?? new WeakMap<Uint8Array, object>();
    known.set(this._evm, ofMachine);
    const found = ofMachine.get(code) ?? original.call(this, code);
    ofMachine.set(code, found);
    return found;
  };
}

/** @throws Error when the library has changed so that there is nothing to remember. */
async function probed(
  common: Common,
): Promise<{ readonly prototype: Interpreter; readonly original: (code: Uint8Array) => object }> {
  let prototype: Interpreter | undefined;
  const evm = await createEVM({
    common,
    customOpcodes: [
      {
        opcode: PROBE_OPCODE,
        opcodeName: "PROBE",
        baseFee: 0,
        logicFunction: ({ interpreter }) => {
          prototype = Object.getPrototypeOf(interpreter) as Interpreter;
        },
      },
    ],
  });
  await evm.runCode({ code: Uint8Array.of(PROBE_OPCODE), gasLimit: 1_000n });
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own interpreter
  const original = prototype?._getValidJumpDestinations;
  if (prototype === undefined || typeof original !== "function")
    throw new Error("the interpreter of @ethereumjs/evm is not the one this was written for");
  return { prototype, original };
}
