import type { Json } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import type { MethodTable } from "./control-method.ts";
import { ControlSession } from "./control-session.ts";
import { controlKey, type PeerDirectory } from "./peer-directory.ts";

/** Longest answer to another board, in characters: at three bytes each it fits into a frame. */
const ANSWER_CHARS_MAX = 1024 * 1024;
const QUESTION_BYTES_MAX = 16 * 1024;
/** Questions under way; further ones are refused at once. */
const QUESTIONS_MAX = 64;
const OWNER = "control";

/** What other boards may ask. */
export interface PeerDoorParts {
  readonly board: string;
  readonly methods: MethodTable;
  readonly directory: PeerDirectory;
}

/**
 * Lets the agents of other boards ask methods of access "read", until disposed. A question is a call of
 * JSON-RPC in one frame; what is none, or too long, is refused.
 */
export async function openPeerDoor(
  { wire, log }: Pick<World, "wire" | "log">,
  { board, methods, directory }: PeerDoorParts,
): Promise<AsyncDisposable> {
  const session = new ControlSession({
    ...{ methods, log, access: "read" },
    answerCharsMax: ANSWER_CHARS_MAX,
  });
  let underWay = 0;
  const server = await wire.server(({ frame, reply, refuse }) => {
    const question = frame.byteLength > QUESTION_BYTES_MAX ? undefined : parse(frame);
    if (question === undefined || underWay >= QUESTIONS_MAX) {
      refuse();
      return;
    }
    underWay += 1;
    void session.answer(question).then((answer) => {
      underWay -= 1;
      reply(new TextEncoder().encode(JSON.stringify(answer ?? null)));
    });
  });
  directory.provide(OWNER, { key: controlKey(board), endpoint: server.endpoint });
  return {
    async [Symbol.asyncDispose]() {
      session[Symbol.dispose]();
      directory.withdraw(OWNER);
      await server[Symbol.asyncDispose]();
    },
  };
}

function parse(frame: Uint8Array): Json | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(frame)) as Json;
  } catch {
    return undefined;
  }
}
