/** What a board that takes applications in is told. */
export interface DeploymentOptions {
  /** Whom it obeys: the text of its trust file; see readTrust. */
  readonly trustText: string;
  /** As Node names it: arm, arm64, x64. */
  readonly architecture: string;
  /** Version of Hedgerow that runs here. */
  readonly hedgerowVersion: string;
  /** URL of the module that application code finds under the name "hedgerow"; absent: it finds it itself. */
  readonly doorUrl?: string;
  /** A version on trial is taken back when no controller asked for it for so long, in ms; default 30 000. */
  readonly orphanMs?: number;
}
