/** Words that no binding or type of TypeScript may be called, or that would hide what generated code uses. */
const RESERVED = new Set(
  `any application arguments as async await bigint boolean break case catch class component const continue debugger
  default delete do else enum eval export extends false finally for function hedgerow if implements import in
  instanceof interface let message messages never new null number object own package private protected public
  record return static string super switch symbol this throw true try type typeof undefined unknown var void
  while with yield`.split(/\s+/),
);
/** Files of every application that are not a component's. */
const FILES = new Set(["application", "messages"]);

/** `name` as a name of TypeScript: itself, with a line below behind a word of the language. */
export function identifierOf(name: string): string {
  return RESERVED.has(name) ? `${name}_` : name;
}

/** `name` as a key of an object literal: `__proto__` alone would mean something else. */
export function keyOf(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : name;
}

/** The file of a component without its ending: "GridMeter" is grid-meter, "HTTPServer" http-server. */
export function fileOf(name: string): string {
  const file = wordsOf(name).join("-");
  return FILES.has(file) ? `${file}-component` : file;
}

/** The constant of a component: "GridMeter" is gridMeter. */
export function constantOf(name: string): string {
  const [first = "", ...rest] = wordsOf(name);
  return identifierOf(first + rest.map(capitalized).join(""));
}

/** What the names of a component's types begin with: "gridMeter" is GridMeter. */
export function typePrefixOf(name: string): string {
  return capitalized(name);
}

function wordsOf(name: string): readonly string[] {
  const apart = name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1_$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2");
  const words = apart
    .toLowerCase()
    .split("_")
    .filter((word) => word !== "");
  // A name of lines only, or one that begins with a digit once they are gone.
  const [first = "unnamed"] = words;
  return /^\p{N}/u.test(first) ? [`n${first}`, ...words.slice(1)] : [first, ...words.slice(1)];
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
