import type { Application } from "../component/define.ts";

/** Finds the code of an application by its name, or in the module at `codeUrl`. */
export type LoadApplication = (appName: string, codeUrl?: string) => Promise<Application>;
