import type { Params } from "../control/control-method.ts";
import { invalidParam, textParam, wholeParam } from "../control/read-params.ts";
import type { LogLevel } from "../core/log.ts";
import type { LogLine } from "../core/log-history.ts";
import type { Json } from "../core/rpc.ts";
import type { World } from "../core/world.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
/** Lines looked at for one answer, and lines of one answer. */
const LOOKED_MAX = 5_000;
const LINES_MAX = 500;
const CURSOR_LENGTH_MAX = 20_000;

/**
 * The method `logs`: what the programs of this board have logged. Parameters: `cursor` (of the answer
 * before), `level` (nothing below it), `program` (a part of its name), `sinceUtcUs`, `linesMax`. The answer's
 * `utcUs` is the board's time: what was logged before and comes later comes behind its cursor.
 */
export async function logsOf(
  { history, clock }: Pick<World, "history" | "clock">,
  params: Params,
): Promise<Json> {
  const wanted = filterOf(params);
  const linesMax = wholeParam(params, "linesMax", { min: 1, max: LINES_MAX, fallback: LINES_MAX });
  const lines: LogLine[] = [];
  let cursor = cursorOf(params);
  let hasGap = false;
  let isMore = true;
  const { utcUs } = clock.reading();
  for (let lookedCount = 0; isMore && lines.length < linesMax && lookedCount < LOOKED_MAX; ) {
    const batch = await history.read({ cursor, linesMax: linesMax - lines.length });
    lines.push(...batch.lines.filter(wanted));
    ({ cursor, isMore } = batch);
    hasGap ||= batch.hasGap;
    lookedCount += Math.max(1, batch.lines.length);
  }
  return { utcUs, lines: lines as readonly object[] as readonly Json[], cursor, isMore, hasGap };
}

function cursorOf(params: Params): string {
  const cursor = params["cursor"] ?? "";
  if (typeof cursor !== "string" || cursor.length > CURSOR_LENGTH_MAX)
    throw invalidParam("cursor", "what an answer before has given");
  return cursor;
}

function filterOf(params: Params): (line: LogLine) => boolean {
  const level = textParam(params, "level") ?? "debug";
  const rankMin = LEVELS.findIndex((each) => each === level);
  if (rankMin < 0) throw invalidParam("level", LEVELS.join(", "));
  const program = textParam(params, "program") ?? "";
  const sinceUtcUs = wholeParam(params, "sinceUtcUs", {
    ...{ min: 0, max: Number.MAX_SAFE_INTEGER },
    fallback: 0,
  });
  return (line) =>
    LEVELS.indexOf(line.level) >= rankMin &&
    line.program.includes(program) &&
    line.utcUs >= sinceUtcUs;
}
