/** W1 to W4: Core Web Vitals of a site's page with the widget less those without it, beside what two visits without it differ by. */
import { type GoalReport, measured, median, spread } from "../goal.ts";
import { pairsOf, type Stage } from "../stage.ts";
import type { Site } from "./host.ts";
import type { Vitals } from "./vitals.ts";

/** A visit with the widget, between two without. */
interface Round {
  before: Vitals;
  shown: Vitals;
  after: Vitals;
}

/** A difference of less is none, ms: a frame of 60 a second for what is painted, the steps of Event Timing for interactions. */
const LEAST = { lcp: 1000 / 60, inp: 8 } as const;

export class Rounds {
  private readonly stage: Stage;
  private readonly site: Site;
  private readonly done: Partial<Record<"with" | "lending", Promise<Round[]>>> = {};

  constructor(stage: Stage, site: Site) {
    this.stage = stage;
    this.site = site;
  }

  async lcp(): Promise<GoalReport> {
    return this.milliseconds("with", "lcp", "Largest Contentful Paint, ms, with the widget less without");
  }

  async cls(): Promise<GoalReport> {
    const rounds = await this.of("with");
    const pairs = rounds.map((round) => round.shown.cls - meanOf(round, "cls"));
    return measured(
      [{ name: "Cumulative Layout Shift, with the widget less without", value: median(pairs), target: 0, is: "at most", pairs }],
      notes(rounds, "cls"),
    );
  }

  async inp(): Promise<GoalReport> {
    return this.milliseconds("with", "inp", "Interaction to Next Paint, ms, while the widget asks less without");
  }

  async inpLending(): Promise<GoalReport> {
    return this.milliseconds("lending", "inp", "Interaction to Next Paint, ms, while the widget lends a quarter less without");
  }

  private async milliseconds(what: "with" | "lending", vital: "lcp" | "inp", name: string): Promise<GoalReport> {
    const rounds = await this.of(what);
    const pairs = rounds.map((round) => round.shown[vital] - meanOf(round, vital));
    const noise = median(rounds.map(({ before, after }) => Math.abs(before[vital] - after[vital])));
    const target = Number(Math.max(noise, LEAST[vital]).toPrecision(3));
    return measured([{ name, value: median(pairs), target, is: "at most", pairs }], notes(rounds, vital));
  }

  /** The same visits tell all vitals. */
  private of(what: "with" | "lending"): Promise<Round[]> {
    this.done[what] ??= this.measure(what);
    return this.done[what];
  }

  private async measure(what: "with" | "lending"): Promise<Round[]> {
    this.stage.say(`widget: one visit ${what === "with" ? "with it" : "while it lends"} to see that all is there`);
    await this.site.visit(what);
    const rounds: Round[] = [];
    for (let round = 1; round <= pairsOf(this.stage); round++) {
      const before = await this.site.visit("without");
      const shown = await this.site.visit(what);
      rounds.push({ before, shown, after: await this.site.visit("without") });
      this.stage.say(`widget: round ${round} of ${pairsOf(this.stage)}`);
    }
    return rounds;
  }
}

function meanOf({ before, after }: Round, vital: keyof Vitals): number {
  return (before[vital] + after[vital]) / 2;
}

function notes(rounds: readonly Round[], vital: keyof Vitals): string {
  const without = rounds.flatMap(({ before, after }) => [before[vital], after[vital]]);
  return `with it ${spread(rounds.map(({ shown }) => shown[vital]))}; without ${spread(without)}`;
}
