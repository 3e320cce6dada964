/** The theme that a host names: the frame then looks as if the visitor's system preferred it. */

const CONDITION = /prefers-color-scheme:\s*(light|dark)/;

/** Other words than `light` and `dark` leave the system's. */
export function takeTheme(theme: string | null): void {
  if (theme !== "light" && theme !== "dark") return;
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      const preferred = rule instanceof CSSMediaRule ? CONDITION.exec(rule.conditionText)?.[1] : undefined;
      if (preferred) (rule as CSSMediaRule).media.mediaText = preferred === theme ? "all" : "not all";
    }
  }
}
