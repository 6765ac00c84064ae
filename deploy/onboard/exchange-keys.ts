import { BOARD_PATHS, readBoardFile, runAsRoot, writeScript } from "./board-files.ts";
import { withoutTrusted, withTrusted } from "./settings-text.ts";
import type { Remote } from "./ssh.ts";

/** A board whose key others are told. */
export interface Peer {
  readonly name: string;
  readonly curve: string;
}

/** Lets `peers` connect to a board; it reads its list again by itself. @throws StepError */
export function tellPeers(remote: Remote, root: string, peers: readonly Peer[]): Promise<boolean> {
  return change(remote, root, (text) => withTrusted(text, peers));
}

/** Lets a board connect no more. @throws StepError */
export function forgetPeer(remote: Remote, root: string, peer: Peer): Promise<boolean> {
  return change(remote, root, (text) => withoutTrusted(text, peer));
}

async function change(
  remote: Remote,
  root: string,
  edit: (text: string) => string,
): Promise<boolean> {
  const path = `${root}${BOARD_PATHS.trusted}`;
  const before = await readBoardFile(remote, path, "peers");
  const after = edit(before);
  if (after === before) return false;
  const advice = "is its disk full, or read only? df; mount";
  await runAsRoot(remote, writeScript(path, after), { step: "peers", advice });
  return true;
}
