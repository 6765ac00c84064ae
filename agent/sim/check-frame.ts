import { AgentError } from "../core/errors.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";

/** @throws AgentError WIRE_FRAME_TOO_LARGE beyond FRAME_BYTES_MAX. */
export function checkFrame({ byteLength: frameBytes }: Uint8Array): void {
  if (frameBytes > FRAME_BYTES_MAX)
    throw new AgentError("WIRE_FRAME_TOO_LARGE", { frameBytes, frameBytesMax: FRAME_BYTES_MAX });
}
