/** How each language counts units, by the forms that `Intl.PluralRules` has for it. `{count}` is filled in. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const UNITS: Readonly<Record<string, Forms> & { en: Forms }> = {
  en: { one: "{count} unit", other: "{count} units" },
  de: { one: "{count} Einheit", other: "{count} Einheiten" },
  fr: { one: "{count} unité", many: "{count} d’unités", other: "{count} unités" },
  es: { one: "{count} unidad", many: "{count} de unidades", other: "{count} unidades" },
  // "um milhão de unidades", and no unit is several: as in Portugal, whose words these are.
  pt: { one: "{count} unidade", many: "{count} de unidades", other: "{count} unidades" },
  ar: {
    zero: "لا وحدات",
    one: "وحدة واحدة",
    two: "وحدتان",
    few: "{count} وحدات",
    many: "{count} وحدة",
    other: "{count} وحدة",
  },
};

/** Where the rules of a language differ from land to land. */
const RULES: Readonly<Record<string, string>> = { pt: "pt-PT" };

/** "6 units", in one of our languages. */
export function unitsIn(code: string, count: number): string {
  const forms = UNITS[code] ?? UNITS.en;
  const form = forms[new Intl.PluralRules(RULES[code] ?? code).select(count)] ?? forms.other;
  return form.replace("{count}", new Intl.NumberFormat(code).format(count));
}
