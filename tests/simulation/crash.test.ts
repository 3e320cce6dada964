/** Faults beneath the real store: commits that fail before or after they were written, in the middle of a job, again and again. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Coordinator } from "../../server/coordinator.ts";
import type { Assignment } from "../../server/core/events.ts";
import type { StoreOp } from "../../server/core/store.ts";
import { SqliteStore } from "../../server/store/sqlite.ts";
import { type AccountId, type HostId, type JobId, type StatementId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { digestOf, markOf, resultBytes, results } from "../unit/core/world.ts";
import { jobRow, publicKey, SPEC, temporaryFolder, unit } from "../unit/store/place.ts";
import { Dice } from "./dice.ts";

const UNITS = 60;
const VOLUNTEERS = 5;
const LIAR = 5;

/** Dies at a given commit; half of the times the commit is on disk and its answer is lost. */
class MortalStore extends SqliteStore {
  private left: number;
  private readonly written: boolean;

  constructor(path: string, commits: number, written: boolean) {
    super(path);
    this.left = commits;
    this.written = written;
  }

  override async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.left <= 0) throw new Error("dead");
    this.left--;
    if (this.left > 0 || this.written) await super.commit(ops);
    if (this.left === 0) throw new Error("the power went");
  }
}

interface Volunteer {
  key: number;
  account: AccountId;
  /** Assignments whose acknowledgement is missing: an outbox that survives. */
  outbox: Assignment[];
  /** Units whose bytes were asked for. */
  asked: UnitIndex[];
  acknowledged: Set<UnitIndex>;
  /** Statements that it has begun and whose signature is not acknowledged, the present one last. */
  unsigned: StatementId[];
}

let statements = 0;

class Life {
  readonly coordinator: Coordinator;
  private readonly dice: Dice;
  private readonly volunteers: Volunteer[];
  private readonly job: JobId;
  private readonly hosts = new Map<Volunteer, HostId>();

  constructor(coordinator: Coordinator, dice: Dice, volunteers: Volunteer[], job: JobId) {
    this.coordinator = coordinator;
    this.dice = dice;
    this.volunteers = volunteers;
    this.job = job;
  }

  /** Works until the job is over, or throws when the store dies. */
  async live(): Promise<void> {
    for (const [index, volunteer] of this.volunteers.entries()) {
      const host = (index + 1) as HostId;
      this.hosts.set(volunteer, host);
      const facts = { host, account: volunteer.account, cluster: `account:${volunteer.account}`, features: [], limits: {} };
      await this.coordinator.dispatch({ type: "host-joined", facts, record: { passed: 0, proven: 0, convictedAt: 0 } });
    }
    // Connections of the life before are gone.
    await Promise.all(this.volunteers.map((volunteer) => this.sign(volunteer)));
    while (this.coordinator.job(this.job)?.state === "running") {
      await Promise.all(this.volunteers.map((volunteer) => this.turn(volunteer)));
    }
    await Promise.all(this.volunteers.map((volunteer) => this.sign(volunteer)));
  }

  /** Signs what it has begun, and begins anew. */
  private async sign({ account, unsigned }: Volunteer): Promise<void> {
    const begun = [...unsigned];
    unsigned.push(++statements as StatementId);
    const signature = new Uint8Array(64);
    await Promise.all(begun.map((statement) => this.coordinator.dispatch({ type: "signed", account, statement, signature })));
    unsigned.splice(0, begun.length);
  }

  private async turn(volunteer: Volunteer): Promise<void> {
    const host = this.hosts.get(volunteer);
    if (host === undefined) throw new Error("no host");
    const claimed = await this.coordinator.dispatch({
      type: "claim",
      random: this.dice.hex(),
      host,
      units: 1 + this.dice.below(6),
      gpuMillis: 0,
      job: null,
    });
    if (claimed.type === "assigned") volunteer.outbox.push(claimed.assignment);
    const [assignment] = volunteer.outbox;
    if (assignment) await this.submit(volunteer, assignment);
    const [wanted] = volunteer.asked;
    if (wanted !== undefined) await this.bring(volunteer, wanted);
    if (this.dice.chance(0.2)) await this.sign(volunteer);
  }

  private async submit(volunteer: Volunteer, assignment: Assignment): Promise<void> {
    const units = [...unitsOf(assignment.runs)];
    const liar = volunteer.key === LIAR ? "lie" : "";
    const { account } = volunteer;
    const submitted = results(units, { liar, inline: this.dice.chance(0.5) });
    const reply = await this.coordinator.dispatch({
      type: "submit",
      account,
      cluster: `account:${account}`,
      assignment,
      results: submitted,
      mark: markOf(account, volunteer.unsigned.at(-1)),
    });
    if (reply.type !== "verdicts") throw new Error(JSON.stringify(reply));
    volunteer.outbox = volunteer.outbox.filter((other) => other !== assignment);
    for (const [index, verdict] of reply.verdicts.entries()) {
      const answered = units[index] as UnitIndex;
      if (verdict !== "late" && verdict !== "refused") volunteer.acknowledged.add(answered);
      if (verdict === "wanted") volunteer.asked.push(answered);
    }
  }

  private async bring(volunteer: Volunteer, wanted: UnitIndex): Promise<void> {
    const liar = volunteer.key === LIAR ? "lie" : "";
    const { account } = volunteer;
    await this.coordinator.dispatch({
      type: "bytes",
      account,
      job: this.job,
      unit: wanted,
      digest: digestOf(wanted, liar),
      bytes: resultBytes(wanted, liar),
    });
    volunteer.asked = volunteer.asked.filter((other) => other !== wanted);
  }
}

describe("a coordinator that dies again and again", () => {
  it.each([1, 2, 3, 4, 5, 6])("loses nothing that it acknowledged and counts nothing twice (seed %i)", async (seed) => {
    const dice = new Dice(seed);
    const path = join(await temporaryFolder(), "idlewave.db");
    let store = new SqliteStore(path);
    const { id: job } = await store.addJob(jobRow(), { ...SPEC, units: UNITS, maxReplicas: 5, requires: { features: [], limits: {} } });
    const volunteers: Volunteer[] = [];
    for (let key = 1; key <= VOLUNTEERS; key++) {
      const { id: account } = await store.accountOf(publicKey(key), 1);
      volunteers.push({ key, account, outbox: [], asked: [], acknowledged: new Set(), unsigned: [] });
    }
    await store.close();

    let deaths = 0;
    for (let over = false; !over; ) {
      const mortal = new MortalStore(path, 2 + dice.below(6), dice.chance(0.5));
      let fatal = 0;
      const coordinator = await Coordinator.open({ store: mortal, onFatal: () => fatal++, tickMs: 0, clock: () => 1e12 });
      try {
        await new Life(coordinator, dice, volunteers, job).live();
        await coordinator.close();
        over = true;
      } catch (error) {
        expect(String(error)).toMatch(/the power went/);
        expect(fatal).toBe(1);
        deaths++;
      }
      await mortal.close();

      store = new SqliteStore(path);
      for (const { account, acknowledged } of volunteers) {
        const kept = new Set((await store.unitsOf(job, account)).units.map((row) => row.unit));
        for (const index of acknowledged) expect(kept.has(index)).toBe(true);
      }
      await store.close();
      expect(deaths).toBeLessThan(200);
    }
    expect(deaths).toBeGreaterThan(3);

    store = new SqliteStore(path);
    const finals = await store.finals(job, unit(0), UNITS + 1);
    expect(finals.map((row) => row.unit)).toEqual([...Array(UNITS).keys()]);
    for (const row of finals)
      expect([row.digest, Buffer.from(row.bytes ?? [])]).toEqual([digestOf(row.unit), Buffer.from(resultBytes(row.unit))]);
    for (const { account, key } of volunteers) {
      const mine = (await store.unitsOf(job, account)).units;
      const right = mine.filter((row) => row.outcome === "final").length;
      if (key === LIAR) expect(right).toBe(0);
      expect(new Set(mine.map((row) => row.unit)).size).toBe(mine.length);
      expect(await store.account(account)).toMatchObject({ creditFinal: right * SPEC.creditPerUnit, creditEscrow: 0, unitsFinal: right });
    }
    await store.close();
  });
});
