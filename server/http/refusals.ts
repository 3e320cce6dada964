/** The errors of a route for its description: the answers' schemas by status, with the codes they may have. */
import type { TSchema } from "typebox";
import { ErrorSchema } from "../../shared/api.ts";
import { ERRORS, type ErrorCode } from "../../shared/errors.ts";

/** Schemas of answers by status. */
export type Answers = Record<number, TSchema>;

const ALL_CODES = Object.keys(ERRORS) as ErrorCode[];

type Statuses<Code extends ErrorCode> = { [Each in Code as (typeof ERRORS)[Each]["http"]]: typeof ErrorSchema };

/** What a route may refuse with, beyond `commonRefusals`. */
export function refusals<const Code extends ErrorCode>(...codes: Code[]): Statuses<Code> {
  return described(codes) as Statuses<Code>;
}

/** The same for a route that answers with bytes, whose statuses and bodies have no types. */
export function bytesRefusals(...codes: ErrorCode[]): unknown {
  return { 200: { type: "string", format: "binary", description: "The bytes." }, ...described(codes) };
}

/** What every request may meet, and those that are checked against a schema or carry a body. */
export function commonRefusals(request: { isChecked: boolean; hasBody: boolean }): Answers {
  const codes: ErrorCode[] = ["too-fast", "headers-too-large", "internal", "shutting-down"];
  if (request.isChecked) codes.push("bad-request");
  if (request.hasBody) codes.push("too-large", "wrong-type");
  return described(codes);
}

/** Errors that a route names by status alone may be any of that status. */
export function withWords(answers: Answers = {}): Answers {
  const named = Object.entries(answers).map(([status, schema]) => {
    const isBare = (schema as { properties?: object }).properties === ErrorSchema.properties && !("description" in schema);
    const codes = isBare ? ALL_CODES.filter((code) => ERRORS[code].http === Number(status)) : [];
    return [status, described(codes)[Number(status)] ?? schema];
  });
  return Object.fromEntries(named) as Answers;
}

function described(codes: readonly ErrorCode[]): Answers {
  const answers: Answers = {};
  for (const status of new Set(codes.map((code) => ERRORS[code].http))) {
    const lines = codes.filter((code) => ERRORS[code].http === status).map((code) => `\`${code}\`: ${ERRORS[code].message}`);
    answers[status] = { ...ErrorSchema, description: lines.join("\n\n") };
  }
  return answers;
}
