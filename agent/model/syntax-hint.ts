/** What is known of a syntax error when a hint is looked for. */
export interface SyntaxFailure {
  /** The text up to the place, and from it on. */
  readonly before: string;
  readonly after: string;
  readonly expected: readonly string[];
  readonly language: "app" | "deployment";
}

interface HintRule {
  readonly applies: (failure: SyntaxFailure) => boolean;
  readonly hint: string;
}

const SECTION = /^(message|group|library|component|device|real-time|actor)\b/;

// The first rule that applies speaks; the more particular ones come first.
const RULES: readonly HintRule[] = [
  {
    applies: ({ after, language }) => language === "deployment" && after.startsWith("/*"),
    hint: "this language has no block comments: begin each line with //",
  },
  { applies: ({ after }) => after.startsWith("/*"), hint: "this comment is not closed" },
  {
    applies: ({ before, after }) => /[\s=]$/.test(before) && /^["'][^"']*$/.test(after),
    hint: "this string is not closed",
  },
  {
    applies: ({ before, after, expected }) =>
      /\d$/.test(before) && /^\.\d*/.test(after) && expected.includes('"msec"'),
    hint: "periods are whole numbers: write 500 msec for half a second",
  },
  {
    applies: ({ after, expected }) =>
      /^[+-]?\d+[\p{L}_]/u.test(after) && expected.some((text) => text.includes("number")),
    hint: "put a space between the number and its unit",
  },
  {
    applies: ({ after, expected }) =>
      /^[+-]?\d+\.(?!\d)/.test(after) && expected.includes("a number"),
    hint: "a point needs a digit behind it: 1.0",
  },
  {
    applies: ({ after, expected }) => /^(KB|MB|GB)\b/i.test(after) && expected.includes('"mb"'),
    hint: "the units are written in lower case: mb, gb, and kb for mem alone",
  },
  {
    applies: ({ after, expected }) => /^[\p{L}]/u.test(after) && expected.includes('"msec"'),
    hint: "the units of time are msec, sec and min",
  },
  {
    applies: ({ after }) => /^(package|import|struct|enumeration|nodeType)\b/.test(after),
    hint: "this belongs to the dialect of the RIAPS editor, which the run time does not know",
  },
  {
    applies: ({ before, after }) => /\bmessage\s+\w+\s*$/.test(before) && after.startsWith(":"),
    hint: "a message is a name: message Name; with fields, which are ours: message Name { field: type; }",
  },
  {
    applies: ({ before, after }) =>
      /\bactor\b/.test(before) && /^(local|internal|uses|scheduler)\b/.test(after),
    hint: "the clauses of an actor come in this order: local, internal, uses, scheduler, instances",
  },
  {
    applies: ({ after, expected }) =>
      /^(real-time|actor)\b/.test(after) &&
      expected.includes('"component"') &&
      !expected.includes('"actor"'),
    hint: "an application needs at least one component or device before its actors",
  },
  {
    applies: ({ after, expected }) =>
      SECTION.test(after) && expected.some((text) => SECTION.test(text.slice(1))),
    hint: "the sections come in this order: messages, groups, libraries, components and devices, actors",
  },
  {
    applies: ({ after, expected }) =>
      after.startsWith("}") && expected.includes('"component"') && !expected.includes('"actor"'),
    hint: "an application needs at least one component or device, and one actor",
  },
  {
    applies: ({ after, expected }) => after.startsWith("}") && expected.includes('"actor"'),
    hint: "an application needs at least one actor",
  },
  {
    applies: ({ before, after, expected }) =>
      /\{\s*$/.test(before) && after.startsWith("}") && expected.includes("a name"),
    hint: "an actor needs at least one component",
  },
  {
    applies: ({ before, after }) =>
      /[\p{L}\p{N}_]$/u.test(before) && /^[-.][\p{L}\p{N}_]/u.test(after),
    hint: "a name has letters, digits and underscores only",
  },
  {
    applies: ({ before, after }) => /\bqueue\b[^;]*$/.test(before) && /^within\b/.test(after),
    hint: "the deadline comes before the queue: within 5 msec queue 100 drop oldest",
  },
  {
    applies: ({ before, expected }) =>
      /\bqueue\s*[^;]*$/.test(before) &&
      ['"drop"', '"newest"', "a whole number"].some((word) => expected.includes(word)),
    hint: "write such as queue 100 drop oldest, queue 100 drop newest or queue 100 refuse",
  },
  {
    applies: ({ after, expected }) => /^queue\b/.test(after) && expected.includes('";"'),
    hint: "a queue is for ports with a handler: not for pub and clt, and once, at the end",
  },
  {
    applies: ({ before, after }) => /\]\s*$/.test(before) && after.startsWith("["),
    hint: "for a list of lists put the inner one into a struct",
  },
  {
    applies: ({ before, expected, language }) =>
      language === "deployment" &&
      /\brestart\b[^;]*$/.test(before) &&
      !expected.includes('"isolation"'),
    hint: "write such as restart 5 over 60 sec delay 50 msec, or restart never",
  },
  {
    applies: ({ before, expected, language }) =>
      language === "deployment" &&
      /\b(open|follow)\b[^;]*$/.test(before) &&
      !expected.includes('"isolation"'),
    hint: 'write such as open component.port "tcp://0.0.0.0:5556"; follow may end in curve "key"',
  },
  {
    applies: ({ before, expected, language }) =>
      language === "deployment" &&
      /\bplace\b[^;]*$/.test(before) &&
      (expected.includes("a whole number") || expected.includes('"on"')),
    hint: "write such as place 2 Actor on (b1, b2, b3): one actor, and how many of it",
  },
  {
    applies: ({ expected }) => expected.join() === '"gb","kb","mb"',
    hint: "write the unit: memory 512 mb",
  },
  {
    applies: ({ after, expected }) => /^within\b/.test(after) && expected.includes('";"'),
    hint: "a deadline is for ports with a handler: not for pub and clt, and once, at the end",
  },
  {
    applies: ({ before, after }) =>
      /\bwith\s+(leader|consensus)\s*$/.test(before) && after.startsWith(","),
    hint: "a group has either a leader or consensus",
  },
  {
    applies: ({ before, after, expected }) =>
      before.trimEnd().endsWith(":") && !after.startsWith("(") && expected.join() === '"("',
    hint: "this kind of port has two messages: (Request, Reply)",
  },
  {
    applies: ({ before, after, expected }) =>
      before.trimEnd().endsWith("=") && /^[\p{L}_]/u.test(after) && expected.includes("a string"),
    hint: "a default is a value: text stands in quotes",
  },
  {
    applies: ({ before, expected, language }) =>
      language === "deployment" &&
      /\bhost\s+[\w.-]+\s*\{?\s*$/.test(before) &&
      (expected.includes('"{"') || expected.includes('"network"')),
    hint: "write: host name { network any; }",
  },
  {
    applies: ({ after, expected }) => SECTION.test(after) && expected.includes('"}"'),
    hint: "is there a `}` missing before this?",
  },
  {
    applies: ({ before, expected }) => /\bon\s+$/.test(before) && expected.includes('"all"'),
    hint: "hosts stand in parentheses: on (10.0.0.3) Actor;",
  },
  {
    applies: ({ after, language }) => language === "deployment" && after.startsWith(":"),
    hint: "a host is a name or an IPv4 address, without a port",
  },
  {
    applies: ({ before, after, expected }) =>
      expected.includes('";"') && (/\n\s*$/.test(before) || after.startsWith("}")),
    hint: "is there a `;` missing at the end of the statement before?",
  },
];

/** What to do about a syntax error, where that can be guessed; else undefined. */
export function hintFor(failure: SyntaxFailure): string | undefined {
  return RULES.find((rule) => rule.applies(failure))?.hint;
}
