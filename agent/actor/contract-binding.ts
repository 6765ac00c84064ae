import type { ContractPort, ContractType, SubmitOptions } from "../component/contract.ts";
import type { Hex, LedgerEvent, LedgerService } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";

/** What a contract port needs of its component. */
export interface BindingParts {
  readonly ledger: LedgerService;
  /** The actor's account, such as "prosumer101". */
  readonly account: string;
  /** Component and contract port, such as "trader/market". */
  readonly port: string;
  /** Names of the events that the component handles. */
  readonly events: () => readonly string[];
  /** Runs the handler of an event as any other of the component, and resolves at its end. */
  readonly deliver: (event: LedgerEvent) => Promise<void>;
  readonly signal: AbortSignal;
}

/** One contract port of one component. */
export function bindContract(type: ContractType, parts: BindingParts): ContractPort<AnyAbi> {
  const { abi } = type;
  const { ledger, account, port, signal } = parts;
  let bound: Hex | undefined;
  const address = (): Hex => {
    if (bound === undefined) throw new AgentError("CONTRACT_UNBOUND", { account, port });
    return bound;
  };
  function bind(at: Hex, fromBlock = 0): void {
    if (bound === at) return;
    bound = at;
    const events = parts.events();
    if (events.length === 0) return;
    const request = { reader: port, abi, address: at, events, fromBlock };
    void ledger.follow(account, request, parts.deliver, signal);
  }
  return {
    bind,
    async deploy(key: string, bytecode: Hex, args: readonly unknown[]) {
      const outcome = await ledger.deploy(account, { key, abi, bytecode, args });
      if (outcome.kind === "refused" || outcome.contractAddress === undefined)
        throw new AgentError("CONTRACT_DEPLOY_REFUSED", { account, port, error: errorOf(outcome) });
      bind(outcome.contractAddress, outcome.blockNumber);
      return outcome.contractAddress;
    },
    submit: (functionName: string, args: readonly unknown[], options: SubmitOptions = {}) =>
      ledger.submit(account, { ...options, abi, address: address(), functionName, args }),
    async read(functionName: string, args: readonly unknown[]) {
      const outcome = await ledger.read(account, { abi, address: address(), functionName, args });
      if (outcome.kind === "refused")
        throw new AgentError("CONTRACT_READ_REFUSED", { functionName, error: outcome.errorName });
      return outcome.value;
    },
  } as ContractPort<AnyAbi>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the host knows interfaces only at run time
type AnyAbi = any;

function errorOf(outcome: { readonly kind: string; readonly errorName?: string }): string {
  return outcome.errorName ?? outcome.kind;
}
