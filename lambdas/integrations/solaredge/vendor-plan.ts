// The free tier, for one application with all its sites: https://api-docs.solaredge.com. One call is one credit.
export const CREDITS_PER_MONTH = 2000;
export const CALLS_PER_MINUTE = 10;
