/** The project's folder: two levels up from this source and from the bundle in dist/server alike. */
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
