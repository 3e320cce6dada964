/** Worlds with an auditor, and what volunteers do in them. */
import { expect } from "vitest";
import { VETTED_PASSED } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import type { HostId, JobId } from "../../../shared/ids.ts";
import { World } from "./world.ts";

export const AUDITOR_ACCOUNT = 99;

/** A world with an auditor. */
export function audited(spec: Partial<JobSpec> = {}): { world: World; auditor: HostId } {
  const world = new World({ units: 4000, ...spec });
  return { world, auditor: world.join(AUDITOR_ACCOUNT, AUDITOR) };
}

/** Two hosts that have passed their audits, on units below those that follow. */
export function vetted(spec: Partial<JobSpec> = {}): { world: World; auditor: HostId; one: HostId; two: HostId } {
  const { world, auditor } = audited(spec);
  const [one, two] = [world.join(1), world.join(2)];
  for (let round = 0; [1, 2].some((id) => world.recordOf(id).passed < VETTED_PASSED); round++) {
    expect(round).toBeLessThan(200);
    agree(world, one, two);
    world.audit(auditor);
  }
  world.audit(auditor);
  return { world, auditor, one, two };
}

/** Each of the hosts computes a batch, where there is one for it: most units meet the other sooner or later. */
export function agree(world: World, one: HostId, two: HostId, how: { liar?: string; inline?: boolean } = {}): void {
  for (const by of [one, two]) {
    const reply = world.claim(by, 4);
    if (reply.type === "assigned") world.submit(reply.assignment, how);
  }
}

export function holds(world: World): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { hold } of world.job().open.values()) counts[hold] = (counts[hold] ?? 0) + 1;
  return counts;
}

/** Two volunteers compute all of the job, and differ in each unit. */
export function disputeAll(world: World, job: JobId): void {
  for (const id of [1, 2]) {
    const by = world.join(id);
    for (let reply = world.claim(by, 4, job); reply.type === "assigned"; reply = world.claim(by, 4, job))
      world.submit(reply.assignment, { liar: `${id}` });
  }
}
