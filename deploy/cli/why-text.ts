import type { Reason } from "../../agent/node/why-rule.ts";

/** What is wrong, and what to do about it. */
export interface ReasonText {
  readonly what: string;
  readonly advice: string;
}

const FAULTS = {
  refused: "nobody listens there",
  silent: "nothing comes back",
  broken: "the other side ended the connection, or says what is none of ours",
  "no-address": "that is no address",
} as const;

const KEYS = {
  "key-refused": {
    fault: "the other side does not allow this board's key",
    advice:
      "put this board's public key on that board's list of trusted keys, and restart its agent",
  },
  "key-missing": {
    fault: "the other side has a key, and this board has none",
    advice:
      "give this board a key too, or take the other side's away: links are secured at both ends",
  },
  "key-absent": {
    fault: "this board has a key, and the other side shows none",
    advice: "give the other side a key too: links are secured at both ends",
  },
} as const;

type OfBoard = Extract<
  Reason,
  {
    readonly kind:
      | "board-absent"
      | "board-imposter"
      | "board-stranger"
      | "version"
      | "provider-down";
  }
>;
type OfLink = Extract<
  Reason,
  {
    readonly kind:
      | "type"
      | "key-refused"
      | "key-missing"
      | "key-absent"
      | "policy"
      | "segment"
      | "unreachable"
      | "connecting"
      | "being-told"
      | "clock";
  }
>;

/** A reason in words for people. */
export function reasonText(reason: Reason): ReasonText {
  switch (reason.kind) {
    case "actor-down":
      return {
        what: `its own actor does not run (${reason.state})`,
        advice: "see hedgerow status for why it ended, and its log",
      };
    case "actor-silent":
      return {
        what: "its own actor runs, and does not answer",
        advice: "a handler hangs or computes for long; see hedgerow status and its log",
      };
    case "not-opened":
      return {
        what: "its actor has not opened it",
        advice: "the code does not declare it; compare it with the model",
      };
    case "not-in-deployment":
      return {
        what: `nobody in the deployment provides it (${reason.topic || "nothing known under its name"})`,
        advice: "place an actor that does, in the .depl file of every board",
      };
    case "local-elsewhere":
      return {
        what: `${reason.provider} on ${reason.board} provides it, and the message does not leave its board or actor`,
        advice:
          "take the message out of local or internal in the model, or place both on one board",
      };
    case "group-alone":
      return {
        what: "no other member of the group is known",
        advice: "start another actor that joins the same group, or wait for it",
      };
    case "board-absent":
    case "board-imposter":
    case "board-stranger":
    case "version":
    case "provider-down":
      return boardText(reason);
    case "type":
    case "key-refused":
    case "key-missing":
    case "key-absent":
    case "policy":
    case "segment":
    case "unreachable":
    case "connecting":
    case "being-told":
    case "clock":
      return linkText(reason);
  }
}

/** Of the board that a provider is to run on. */
function boardText(reason: OfBoard): ReasonText {
  switch (reason.kind) {
    case "board-absent":
      return {
        what: `${reason.provider} is to run on ${reason.board}, and that board is not there`,
        advice: `start the agent of ${reason.board}; if it runs: same --cluster, same --udp-port, and --seed where no broadcast reaches`,
      };
    case "board-imposter":
      return {
        what: `${reason.provider} is to run on ${reason.board}, and whoever speaks as ${reason.board} (from ${reason.from}) has another key than it had`,
        advice:
          "a board with a new key has to be forgotten first, or put on the list of --trusted-boards; else find out who speaks there",
      };
    case "board-stranger":
      return {
        what: `${reason.provider} is to run on ${reason.board}, which (from ${reason.from}) is not on the list of trusted boards`,
        advice: "add its name and key to the file of --trusted-boards, and restart this agent",
      };
    case "version":
      return {
        what:
          reason.theirs === null
            ? `${reason.board} runs another application, or none; ${reason.provider} is to run there`
            : `${reason.board} runs version ${reason.theirs} of the application, this board ${reason.own}; ${reason.provider} is not there`,
        advice: `give ${reason.board} the same .riaps and .depl files`,
      };
    case "provider-down":
      return {
        what: `${reason.board} is there, and ${reason.provider} is not up`,
        advice: `see hedgerow status on ${reason.board}`,
      };
  }
}

/** Of a provider that is known. */
function linkText(reason: OfLink): ReasonText {
  switch (reason.kind) {
    case "type":
      return typeText(reason);
    case "key-refused":
    case "key-missing":
    case "key-absent": {
      const { fault, advice } = KEYS[reason.kind];
      return { what: `${placeText(reason)}: ${fault}`, advice };
    }
    case "policy":
      return {
        what: `${placeText(reason)}: a filter forbids it`,
        advice: "look at the firewall of this board, and at the host rules of the .depl file",
      };
    case "segment":
      return {
        what: `${placeText(reason)}: no way leads there from here`,
        advice:
          "the other agent needs --host with an address that this network reaches, and routers a way",
      };
    case "unreachable":
      return {
        what: `${placeText(reason)}: ${FAULTS[reason.fault]}`,
        advice: "look at the cable, the firewall and the other board's agent; attempts go on",
      };
    case "connecting":
      return { what: `${placeText(reason)}: the first attempt is under way`, advice: "ask again" };
    case "being-told":
      return { what: `${placeText(reason)}: just heard of`, advice: "ask again" };
    case "clock":
      return {
        what:
          reason.boundUs === null
            ? "its messages carry cluster time, and nobody knows how far this board's clock is off"
            : `its messages carry cluster time, and this board's clock may be off by ${reason.boundUs} µs`,
        advice: "give the board a source of time; see hedgerow status",
      };
  }
}

function typeText({ board, endpoint, messages }: Extract<Reason, { kind: "type" }>): ReasonText {
  const shapes = messages.map(
    ({ message, own, theirs }) => `${message} is ${own} here and ${theirs} there`,
  );
  return {
    what: `${placeText({ board, endpoint })}: the shapes of messages differ: ${shapes.join(", ")}`,
    advice: "run the same build of the application on both boards",
  };
}

function placeText({
  board,
  endpoint,
}: {
  readonly board: string | null;
  readonly endpoint: string;
}): string {
  // A key is long, and says nothing to a reader.
  const [address] = endpoint.split("#");
  return board === null ? `${address}` : `${board} at ${address}`;
}
