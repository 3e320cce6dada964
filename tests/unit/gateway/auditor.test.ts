/** The auditor on the wire: who may be it, and what it is given. */
import { expect, it, onTestFinished } from "vitest";
import { unitsOf } from "../../../shared/ids.ts";
import { packageOf, startServer } from "../http/server.ts";
import { AUDIT_TOKEN, planOf, startNetwork } from "./network.ts";
import { bytesOf, HOST, resultOf, Volunteer } from "./volunteer.ts";

async function network() {
  const started = await startNetwork();
  onTestFinished(() => started.close());
  return started;
}

it("is who brings the token, with a software adapter too where volunteers may have none; another token is refused", async () => {
  const { url, coordinator } = await network();
  const software = { ...HOST, software: true };
  expect(await new Volunteer(url).hello({ host: software })).toMatchObject({ ok: false, code: "software-adapter" });
  expect(await new Volunteer(url).hello({ host: software, audit: `iw_${"b".repeat(43)}` })).toMatchObject({ ok: false, code: "forbidden" });
  expect(await new Volunteer(url).hello({ audit: 7 })).toMatchObject({ ok: false, code: "bad-message" });
  expect(coordinator.auditing).toBe("none");
  const auditor = new Volunteer(url);
  expect(await auditor.hello({ host: software, audit: AUDIT_TOKEN })).toMatchObject({ ok: true });
  expect(coordinator.auditing).toBe("auditing");
});

it("is given what volunteers agree on, and nothing else; with its result the unit is final, and two who lied alike are found out", async () => {
  const { url, coordinator, addJob, store } = await network();
  const auditor = new Volunteer(url);
  await auditor.hello({ audit: AUDIT_TOKEN });
  const job = await addJob(planOf(1));
  const [ann, bob] = [await new Volunteer(url).join(), await new Volunteer(url).join()];
  expect(await auditor.send({ type: "claim", units: 4, gpuMillis: 0, job: 0 })).toMatchObject({ type: "idle" });
  for (const liar of [ann, bob]) {
    const { token, runs } = await liar.claim(1, job);
    await liar.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(7))) });
  }
  expect(coordinator.counts(job)).toMatchObject({ final: 0, held: 1 });
  const { token, runs } = await auditor.claim(4, job);
  const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit)));
  expect(await auditor.send({ type: "submit", token, results })).toMatchObject({ type: "answer" });
  expect(coordinator.counts(job)).toMatchObject({ final: 1, held: 0, audited: 1, overruled: 1 });
  const accounts = await Promise.all((await store.accounts(10)).map(({ publicKey }) => publicKey && store.knownAccount(publicKey)));
  const found = accounts.flatMap((row) => (row && row.record.proven > 0 ? [row] : []));
  expect(found.map(({ unitsFinal, creditFinal }) => [unitsFinal, creditFinal])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

it("is waited for after a restart of the coordinator, also where it had looked at nothing yet", async () => {
  const before = await startNetwork();
  const auditor = new Volunteer(before.url);
  await auditor.hello({ audit: AUDIT_TOKEN });
  const job = await before.addJob(planOf(2));
  await before.close(true);

  const { url, coordinator, close } = await startNetwork({ folder: before.folder });
  onTestFinished(() => close());
  expect(coordinator.auditing).toBe("away");
  for (let key = 0; key < 2; key++) {
    const volunteer = await new Volunteer(url).join();
    const { token, runs } = await volunteer.claim(2, job);
    await volunteer.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit))) });
  }
  expect(coordinator.counts(job)).toMatchObject({ final: 0, held: 2 });
});

it("is not one of a job that it cannot run, which the job's status says", async () => {
  const server = await startServer();
  onTestFinished(() => server.close());
  const f16 = { "kernel.wgsl": `enable f16;\n${packageOf(2)["kernel.wgsl"]}` };
  const [plain, needy] = [await server.submit(packageOf(2)), await server.submit({ ...packageOf(2), ...f16 })];
  expect(await new Volunteer(server.url).hello({ audit: server.token })).toMatchObject({ ok: true });
  expect((await server.status(plain)).verification.auditor).toBe("auditing");
  expect((await server.status(needy)).verification.auditor).toBe("unable");
});

it("is disconnected as soon as its token is revoked, and is not let in again; another auditor stays", async () => {
  const server = await startServer();
  onTestFinished(() => server.close());
  const made = await server.post("/api/tokens", { name: "auditor", admin: true }, server.token);
  const { id, token } = (await made.json()) as { id: number; token: string };
  const [revoked, kept] = [new Volunteer(server.url), new Volunteer(server.url)];
  for (const [auditor, audit] of [[revoked, token] as const, [kept, server.token] as const])
    expect(await auditor.hello({ audit })).toMatchObject({ ok: true });
  const gone = new Promise((resolve) => revoked.socket.once("disconnect", resolve));
  expect((await server.remove(`/api/tokens/${id}`, server.token)).status).toBe(204);
  await gone;
  expect(kept.socket.connected).toBe(true);
  expect(await new Volunteer(server.url).hello({ audit: token })).toMatchObject({ ok: false, code: "forbidden" });
});
