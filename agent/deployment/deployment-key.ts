/** Under which key of discovery's registry the deployment manager of a board is found. */
export const DEPLOYMENT_KEY = "hedgerow.deployment";
