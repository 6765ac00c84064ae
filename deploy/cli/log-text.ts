/** One line of a log, taken apart. */
interface LogLine {
  readonly utc: string;
  readonly level: string;
  readonly name: string;
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const LEVEL_WIDTH = 5;

/**
 * A line of a process's log (see LineLog in agent/io) as a person reads it: time, level, who speaks,
 * what happened, and the facts. A line that is none, such as part of a stack, stays as it is.
 */
export function logText(line: string): string {
  const parsed = line.startsWith("{") ? parse(line) : undefined;
  return parsed === undefined ? line : partsText(parsed);
}

/** The same for a line of a simulation's record: µs, "log", level, host:program, event, facts. */
export function recordText(line: string): string {
  const match = /^(\d+) log (\w+) [^:]+:(\S+) (\S+) (\{.*\})$/s.exec(line);
  if (match === null) return line;
  const [, utcUs = "0", level = "", name = "", event = "", facts = "{}"] = match;
  const utc = new Date(Number(utcUs) / 1000).toISOString();
  return partsText({ utc, level, name, event, facts: JSON.parse(facts) as LogLine["facts"] });
}

/** A line in parts, as a person reads it. */
export function partsText({ utc, level, name, event, facts }: LogLine): string {
  const { component, ...others } = facts;
  const [board = ""] = name.split("/");
  const who = typeof component === "string" ? `${board}/${component}` : name;
  const time = utc.slice(utc.indexOf("T") + 1).replace("Z", "");
  const told = Object.entries(others).map(([key, value]) => `${key}=${valueText(value)}`);
  return [time, level.padEnd(LEVEL_WIDTH), who, event, ...told].join(" ");
}

function valueText(value: unknown): string {
  const text = String(value);
  return /\s|^$/.test(text) ? JSON.stringify(text) : text;
}

function parse(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LogLine>;
    const { utc, level, name, event, facts } = parsed;
    if (utc === undefined || level === undefined || name === undefined) return undefined;
    return event === undefined ? undefined : { utc, level, name, event, facts: facts ?? {} };
  } catch {
    return undefined;
  }
}
