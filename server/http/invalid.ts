/** What is wrong with a request's value, in words for its sender: the field, what it is and what it may be. */
import type { FastifyError, FastifyRequest, FastifySchema } from "fastify";

type Place = "params" | "querystring" | "body" | "headers";

const PLACES: Record<Place, string> = { params: "path", querystring: "query", body: "body", headers: "headers" };
const MAX_SHOWN_CHARACTERS = 60;

/** The parts of a JSON Schema that the API's requests use. */
interface ValueSchema {
  type?: string;
  const?: unknown;
  anyOf?: ValueSchema[];
  properties?: Record<string, ValueSchema>;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  description?: string;
}

/** One sentence on the first fault of a request that its route's schema refused. */
export function invalidText(
  validation: NonNullable<FastifyError["validation"]>,
  place: string | undefined,
  request: Pick<FastifyRequest, "params" | "query" | "body" | "headers" | "routeOptions">,
): string {
  if (!isPlace(place)) return "The request is malformed.";
  const where = PLACES[place];
  const fault = validation[0];
  const field = /^\/([^/]+)/.exec(fault?.instancePath ?? "")?.[1];
  const schema = (request.routeOptions.schema as FastifySchema | undefined)?.[place] as ValueSchema | undefined;
  const properties = schema?.properties ?? {};
  if (field === undefined) {
    const needed = Object.keys(properties).join(", ");
    const missing: unknown = fault?.params.requiredProperties;
    if (Array.isArray(missing)) return `The ${where} needs ${missing.join(", ")}.`;
    return `The ${where} is no JSON object${needed === "" ? "" : ` with ${needed}`}.`;
  }
  const expected = Object.hasOwn(properties, field) ? properties[field] : undefined;
  const name = shown(field);
  if (!expected) return `The ${where} has an unknown field, ${name}; it may have ${Object.keys(properties).join(", ")}.`;
  return `In the ${where}, ${field} is ${shown(partOf(request, place)[field])}; it must be ${wordsOf(expected)}.`;
}

function isPlace(place: string | undefined): place is Place {
  return place !== undefined && Object.hasOwn(PLACES, place);
}

function partOf(request: Pick<FastifyRequest, "params" | "query" | "body" | "headers">, place: Place): Record<string, unknown> {
  const value: unknown = place === "querystring" ? request.query : request[place];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

function wordsOf(schema: ValueSchema): string {
  if (schema.anyOf) return listed(schema.anyOf.map((each) => String(each.const)));
  if (schema.type === "integer") {
    const { minimum, maximum } = schema;
    if (minimum !== undefined && maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
    return minimum === undefined ? "a whole number" : `a whole number from ${minimum}`;
  }
  if (schema.type !== "string") return `a ${schema.type ?? "value"}`;
  if (schema.pattern !== undefined) return schema.description ?? `text of the form ${schema.pattern}`;
  return `text of ${schema.minLength ?? 0} to ${schema.maxLength ?? "any number of"} characters`;
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
