/** What the frame's elements show of a scene and of what lies over it. */
import type { WidgetFacts } from "../../shared/widget.ts";
import type { Dose } from "../donor/state.ts";
import { doseBeside } from "./doses.ts";
import type { Given } from "./given.ts";
import type { Language } from "./language.ts";
import { isLending, type Overlay, type Scene, tell } from "./scene.ts";
import type { Shown } from "./view.ts";

export interface ShownOf {
  scene: Scene;
  over: Overlay | null;
  dose: Dose;
  given: Pick<Given, "units" | "verified">;
  /** In a window of the coordinator's own. */
  own: boolean;
}

export function shownOf({ scene, over, dose, given, own }: ShownOf, facts: WidgetFacts, language: Language): Shown {
  const { site, job, network, allowSoftware } = facts;
  const lent = isLending(scene);
  const telling = tell(
    over ?? scene,
    {
      ...{ site: site.name, job: job?.title ?? "", software: allowSoftware, lent },
      ...{ dose, less: doseBeside(dose, -1), more: doseBeside(dose, 1) },
      ...{ units: given.units, verified: given.verified },
    },
    language,
  );
  const { why, close, check, stop, forget, account } = language.words;
  const checkUrl = over ? (/^https:/.test(network.source) ? network.source : "/") : "";
  // A window of our own has the keeping of the coordinator's page, which this button is not for.
  const canForget = over?.kind === "why" && !own;
  return {
    ...telling,
    why,
    close,
    check,
    stop,
    forget: canForget ? forget : "",
    account: canForget && lent ? account : "",
    checkUrl,
    lent,
  };
}
