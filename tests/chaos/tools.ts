/** What this machine lets a fault be injected with. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why each tool cannot be used; absent: it can. */
export function missingTools(): { strace?: string; mount?: string } {
  const strace = failure("strace", ["-D", "-f", "-e", "inject=fsync:error=EIO", "true"]);
  const folder = mkdtempSync(join(tmpdir(), "idlewave-mount-"));
  const mount = failure("mount", ["-t", "tmpfs", "-o", "size=64k", "idlewave-chaos", folder]);
  if (!mount) failure("umount", [folder]);
  rmdirSync(folder);
  return { ...(strace ? { strace } : {}), ...(mount ? { mount } : {}) };
}

function failure(command: string, args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error) return error.message;
  return status === 0 ? undefined : stderr.trim() || `${command} failed`;
}
