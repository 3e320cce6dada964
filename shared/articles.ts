/** Pages beside the visitor's: each is `client/page/<name>.html`, and a coordinator has it at `/<name>`. */
export const ARTICLES = [
  "privacy",
  "join",
  "account",
  "box",
  "bench",
  "unit",
  "not-a-miner",
  "your-site",
  "your-job",
  "supported-by",
  "site",
  "sites",
] as const;
