import { AgentError } from "../core/errors.ts";

/** Most bytes of a vote's topic, and of a command: so that a hundred of them fit into one frame. */
export const PAYLOAD_BYTES_MAX = 32 * 1024;

/** @throws AgentError GROUP_PAYLOAD_TOO_LARGE */
export function checkPayload({ byteLength }: Uint8Array): void {
  if (byteLength > PAYLOAD_BYTES_MAX)
    throw new AgentError("GROUP_PAYLOAD_TOO_LARGE", {
      byteLength,
      byteLengthMax: PAYLOAD_BYTES_MAX,
    });
}
