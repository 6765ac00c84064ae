/** Under which key of discovery's registry the deployment manager of `board` is found. */
export function deploymentKey(board: string): string {
  return `hedgerow.deployment/${board}`;
}
