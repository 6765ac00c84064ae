import type { Assets } from "../../agent/core/assets.ts";
import { type Community, parseCommunity } from "./rules/community.ts";

const NET_FILE = "net_15min_Wh.csv";

/** Reads the community in `folder` of the application's files. */
export async function readCommunity(assets: Assets, folder: string): Promise<Community> {
  const netFileName = `${folder}/${NET_FILE}`;
  return parseCommunity({
    members: await assets.text(`${folder}/members.csv`),
    netFileName,
    net: await assets.text(netFileName),
  });
}
