/** What is wrong with a request's value, in words for its sender: the field, what it is and what it may be. */
import type { FastifyError, FastifyRequest, FastifySchema } from "fastify";
import { shown, type ValueSchema, wordsOf } from "../admit/expected.ts";

type Place = "params" | "querystring" | "body" | "headers";

const PLACES: Record<Place, string> = { params: "path", querystring: "query", body: "body", headers: "headers" };

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
