/** What stays of audits when auditors go, processes end and several things are found out at once. */
import { describe, expect, it } from "vitest";
import { AUDITOR_GRACE_MS, auditState } from "../../../server/core/audit.ts";
import { audited } from "./audited.ts";
import { World } from "./world.ts";

describe("an auditor that was there before a restart", () => {
  it("is waited for from then on, by agreements on jobs that it never looked at too", () => {
    const { world, auditor } = audited({ units: 2 });
    world.leave(auditor);
    world.tick(AUDITOR_GRACE_MS);
    expect(auditState(world.state, world.now)).toBe("none");
    world.restart();
    expect(auditState(world.state, world.now)).toBe("away");
    for (const id of [1, 2]) world.work(world.join(id));
    world.tick(AUDITOR_GRACE_MS - 1);
    expect(world.job().pages.final).toBe(0);
    world.tick(1);
    expect(world.job().pages.final).toBe(2);
  });

  it("is not when there never was one", () => {
    const world = new World({ units: 2 });
    world.restart();
    for (const id of [1, 2]) world.work(world.join(id));
    expect(world.job().pages.final).toBe(2);
  });
});
