/** The read-only files that an application carries: data, contracts, models. */
export interface Assets {
  /**
   * The text of the file at `path`, relative to the application's folder.
   * @throws AgentError ASSET_MISSING when it is not there, or `path` leaves the folder.
   */
  text(path: string): Promise<string>;
}
