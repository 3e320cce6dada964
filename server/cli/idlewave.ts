/** The command line's entry. */
import { run } from "./program.ts";

// The script that loads this shows that it does.
(globalThis as { idlewaveLoaded?: () => void }).idlewaveLoaded?.();

// A reader that has enough, as `head`, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
process.exitCode = await run(process.argv.slice(2));
