/**
 * Every failure the runtime names: a code for programs and a sentence for people.
 * The list is a contract: codes are added, never renamed.
 */
export const ERROR_SENTENCES = {
  APPLICATION_UNKNOWN: "no application has this name",
  ASSET_MISSING: "the application carries no such file",
  CHAIN_DATABASE_FOREIGN: "the database holds another chain than the one asked for",
  CHAIN_OPTIONS_INVALID: "an option of the embedded chain is missing or out of range",
  COMPONENT_OPTION_INVALID: "a component got a parameter that it cannot use",
  COMPONENT_UNFIT: "a component's code does not fit its model",
  COMPONENT_UNKNOWN: "the application has no component of this name",
  CONTRACT_DEPLOY_REFUSED: "the chain refused to create a contract",
  CONTRACT_READ_REFUSED: "the contract refused a read",
  CONTRACT_UNBOUND: "a contract port was used before bind or deploy",
  CONTROL_PARAMS_INVALID: "a parameter of a call to the agent is not what the method takes",
  DHT_OPTION_INVALID: "an option of the registry is out of its range",
  DHT_VALUE_INVALID: "a key or a value is too long for the registry, empty, or one too many",
  DISK_FULL: "the disk has no room for this",
  FILE_MISSING: "there is no such file",
  FILE_NAME_INVALID: "a file is named by letters, digits, points, hyphens and underscores",
  GROUP_OPTION_INVALID: "an option of a group is out of its range",
  GROUP_PAYLOAD_TOO_LARGE: "a vote's topic or a command is larger than a log may carry",
  GROUP_UNKNOWN: "the model has no group of this name and message",
  IDENTITY_UNREADABLE: "the file of the board's key does not hold a private key",
  LAN_DATAGRAM_TOO_LARGE: "a datagram is larger than one packet may be",
  LAN_PORT_TAKEN: "another program of this host has this UDP port",
  LEDGER_ABSENT: "this board has no ledger",
  LEDGER_CALL_INVALID: "the contract's interface has no such function, event or arguments",
  LEDGER_CLOSED: "the ledger was closed before the outcome was known; ask again with the same key",
  LEDGER_KEY_INVALID: "a private key is 32 bytes below the order of the curve",
  LEDGER_OPTION_INVALID: "an option of the ledger is out of its range",
  LEDGER_OUTBOX_FULL: "too many transactions of this account wait for their block",
  MESSAGE_MALFORMED: "a component sent a message that does not fit its type",
  MODEL_INVALID: "the model or the deployment has errors",
  MODEL_NOT_CHECKED: "a model with errors was used: check it first",
  MODEL_NOT_PRINTABLE: "the language has no way to write this value",
  PLAYBACK_RATE_INVALID: "a recording is played at a rate of more than 0",
  PLAYBACK_REPLY_UNKNOWN: "the recording has no answer to this request",
  PROGRAM_UNKNOWN: "no program has this name",
  RECORDING_UNREADABLE: "this is no recording, or not one of this component",
  RECORD_CHAIN_UNREADABLE: "the chain did not give a block that the record of the day needs",
  RPC_SOCKET_INVALID:
    "a socket has a name of letters, digits and hyphens, and a path of at most 107 bytes",
  RUN_AS_REFUSED: "a program cannot run as it should",
  SPAWNER_IN_USE: "another process of this name has the lasting children of this folder",
  STATE_INVALID: "a component's snapshot cannot be kept",
  STATE_MACHINE_ENDLESS: "the actions of a state machine keep sending it events",
  STATE_MACHINE_INVALID: "the definition of a state machine contradicts itself",
  STORE_IN_USE: "another process has this database open",
  STORE_NAME_INVALID: "a database is named by letters, digits and hyphens",
  TIMER_PERIOD_INVALID: "a timer's period is at least a microsecond",
  TRUST_UNREADABLE: "a board's trust file does not say whom it obeys",
  WIRE_DOOR_CLOSED: "a socket's door for other programs cannot be opened at this address",
  WIRE_FRAME_TOO_LARGE: "a message is larger than one frame may be",
  WIRE_KEY_INVALID: "a key pair of CURVE is two keys that fit, each 40 characters of Z85",
} as const;

/** A stable name of a failure. */
export type ErrorCode = keyof typeof ERROR_SENTENCES;

/** A failure with a stable code for programs, a sentence for people, and the facts behind it. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, facts: Record<string, string | number>, options?: ErrorOptions) {
    const details = Object.entries(facts).map(([key, value]) => `${key} ${String(value)}`);
    super(`${code}: ${ERROR_SENTENCES[code]} (${details.join(", ")})`, options);
    this.code = code;
    this.facts = facts;
  }
}
