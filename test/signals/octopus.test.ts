import { describe, expect, it } from "vitest";
import { octopusSource, ratesUrl, toSlots } from "../../lambdas/signals/sources/octopus.ts";
import { aRate, at, fetchOf, halfHourStarts, span } from "./builders.ts";

const NOW = at("2023-11-20T17:00Z");
const NIGHT = span("2023-11-20T00:00Z", "2023-11-21T00:00Z");
const BASE = "https://octopus.example";

function source(fetch: ReturnType<typeof fetchOf>) {
  return octopusSource({ fetch, baseUrl: BASE, product: "AGILE-24-10-01", region: "C" });
}

function page(results: unknown[], next: string | null = null) {
  return Response.json({ count: results.length, next, previous: null, results });
}

async function faultFrom(answer: (url: URL) => Response) {
  return source(fetchOf(answer))
    .fetchSlots(NIGHT, NOW)
    .then(
      () => "no fault",
      (error) => error.fault,
    );
}

describe("the rates URL", () => {
  it("names the tariff and asks for UTC times in one page", () => {
    const url = ratesUrl(`${BASE}/`, { product: "AGILE-24-10-01", region: "C" }, NIGHT);
    expect(url.pathname).toBe(
      "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/standard-unit-rates/",
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      period_from: "2023-11-20T00:00:00.000Z",
      period_to: "2023-11-21T00:00:00.000Z",
      page_size: "1500",
    });
  });

  it("keeps a path in the base URL", () => {
    expect(ratesUrl("http://127.0.0.1:1/octopus", { product: "P", region: "A" }, NIGHT).pathname).toMatch(
      /^\/octopus\/v1\/products\/P\//,
    );
  });
});

describe("toSlots of Octopus rates", () => {
  it("uses the price including VAT, oldest first, negative ones too", () => {
    const { slots, dropped } = toSlots(
      [
        aRate("2023-11-20T01:00Z", -7.62),
        aRate("2023-11-20T00:30Z", 0),
        aRate("2023-11-20T00:00Z", 18.48, { value_exc_vat: 17.6 }),
      ],
      NIGHT,
      NOW,
    );
    expect(slots.map((slot) => slot.value)).toEqual([18.48, 0, -7.62]);
    expect(slots[0]).toEqual({
      startsAt: "2023-11-20T00:00:00.000Z",
      endsAt: "2023-11-20T00:30:00.000Z",
      value: 18.48,
      kind: "actual",
      issuedAt: NOW,
    });
    expect(dropped).toEqual([]);
  });

  it.each([
    ["2023-03-25T23:00Z", "2023-03-26T23:00Z", 48, "2023-03-26T00:00Z", "2023-03-26T23:00Z", 46],
    ["2023-10-28T22:00Z", "2023-10-30T00:00Z", 52, "2023-10-28T23:00Z", "2023-10-30T00:00Z", 50],
  ])("keeps every half-hour around a clock change (%s to %s)", (from, to, all, dayFrom, dayTo, inDay) => {
    const rows = halfHourStarts(from, to).map((ms) => aRate(new Date(ms).toISOString(), 10));
    expect(toSlots(rows, span(from, to), NOW).slots).toHaveLength(all);
    expect(toSlots(rows, span(dayFrom, dayTo), NOW).slots).toHaveLength(inDay);
  });

  it("reads offsets as the instants they are", () => {
    const { slots } = toSlots(
      [
        aRate("2023-11-20T00:00Z", 1, {
          valid_from: "2023-11-20T01:00:00+01:00",
          valid_to: "2023-11-20T01:30:00+01:00",
        }),
      ],
      NIGHT,
      NOW,
    );
    expect(slots[0]?.startsAt).toBe("2023-11-20T00:00:00.000Z");
  });

  it.each([
    ["a null price", aRate("2023-11-20T01:00Z", null), /value_inc_vat/],
    ["a price in words", aRate("2023-11-20T01:00Z", "12.3"), /value_inc_vat/],
    ["a time without a zone", aRate("2023-11-20T01:00Z", 1, { valid_from: "2023-11-20T01:00:00" }), /zone/],
    ["an end before the start", aRate("2023-11-20T01:00Z", 1, { valid_to: "2023-11-20T00:30:00Z" }), /ends before/],
    ["times off the half-hour", aRate("2023-11-20T01:10Z", 1), /half-hours/],
    ["an unknown payment method", aRate("2023-11-20T01:00Z", 1, { payment_method: "BARTER" }), /payment_method/],
    ["something that is no row", "soup", /\(row\)/],
  ])("drops %s and keeps the rest", (_what, bad, reason) => {
    const { slots, dropped } = toSlots([bad, aRate("2023-11-20T00:00Z", 5)], NIGHT, NOW);
    expect(slots.map((slot) => slot.value)).toEqual([5]);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]?.reason).toMatch(reason);
  });

  it("leaves a gap a gap", () => {
    const { slots } = toSlots([aRate("2023-11-20T00:00Z", 5), aRate("2023-11-20T01:00Z", 6)], NIGHT, NOW);
    expect(slots.map((slot) => slot.startsAt.slice(11, 16))).toEqual(["00:00", "01:00"]);
  });

  it("lets an open-ended rate last for the span and yield to a newer one", () => {
    const { slots } = toSlots(
      [aRate("2023-11-20T12:00Z", 30, { valid_to: null }), aRate("2019-01-01T00:00Z", 20, { valid_to: null })],
      NIGHT,
      NOW,
    );
    expect(slots).toHaveLength(48);
    expect(slots.slice(0, 24).every((slot) => slot.value === 20)).toBe(true);
    expect(slots.slice(24).every((slot) => slot.value === 30)).toBe(true);
  });

  it("takes direct debit where a period has two payment methods, in either order", () => {
    const direct = aRate("2023-11-20T00:00Z", 20, { payment_method: "DIRECT_DEBIT", valid_to: null });
    const other = aRate("2023-11-20T00:30Z", 25, { payment_method: "NON_DIRECT_DEBIT", valid_to: null });
    for (const rows of [
      [direct, other],
      [other, direct],
    ]) {
      expect(new Set(toSlots(rows, NIGHT, NOW).slots.map((slot) => slot.value))).toEqual(new Set([20]));
    }
  });

  it("accepts rows without a payment method, as older answers are", () => {
    const { payment_method: _, ...row } = aRate("2023-11-20T00:00Z", 5);
    expect(toSlots([row], NIGHT, NOW).slots).toHaveLength(1);
  });
});

describe("fetching Octopus rates", () => {
  it("follows pages on the same host and counts a row that drifted between them once, as last read", async () => {
    const fetch = fetchOf((url) =>
      url.searchParams.has("page")
        ? page([aRate("2023-11-20T00:30Z", 7), aRate("2023-11-20T00:00Z", 5)])
        : page([aRate("2023-11-20T01:00Z", 8), aRate("2023-11-20T00:30Z", 6)], `${BASE}/v1/anything/?page=2`),
    );
    const { slots } = await source(fetch).fetchSlots(NIGHT, NOW);
    expect(slots.map((slot) => slot.value)).toEqual([5, 7, 8]);
    expect(fetch.urls).toHaveLength(2);
  });

  it("never follows a page to another host", async () => {
    const fetch = fetchOf(() => page([aRate("2023-11-20T00:00Z", 5)], "https://elsewhere.example/?page=2"));
    await expect(source(fetch).fetchSlots(NIGHT, NOW)).rejects.toMatchObject({ fault: "malformed-message" });
    expect(fetch.urls).toHaveLength(1);
  });

  it("gives up on pages without end", async () => {
    const fetch = fetchOf(() => page([aRate("2023-11-20T00:00Z", 5)], `${BASE}/?page=2`));
    await expect(source(fetch).fetchSlots(NIGHT, NOW)).rejects.toMatchObject({ fault: "malformed-message" });
    expect(fetch.urls).toHaveLength(10);
  });

  it.each([
    [400, "our-fault"],
    [403, "rate-limited"],
    [404, "our-configuration"],
    [429, "rate-limited"],
    [500, "transient"],
    [503, "transient"],
  ])("calls HTTP %i %s", async (status, fault) => {
    expect(await faultFrom(() => new Response("no", { status }))).toBe(fault);
  });

  it("passes on how long to wait", async () => {
    const fetch = fetchOf(() => new Response("no", { status: 429, headers: { "retry-after": "120" } }));
    await expect(source(fetch).fetchSlots(NIGHT, NOW)).rejects.toMatchObject({ retryAfterMs: 120_000 });
  });

  it.each([
    ["an HTML page", () => new Response("<html>Request blocked</html>"), "malformed-message"],
    ["an error body with 200", () => Response.json({ detail: "Try later." }), "vendor-outage"],
    ["an empty list", () => page([]), "vendor-outage"],
    ["only bad rows", () => page([aRate("2023-11-20T00:00Z", null)]), "vendor-outage"],
    ["an empty object", () => Response.json({}), "malformed-message"],
  ])("calls %s a fault", async (_what, answer, fault) => {
    expect(await faultFrom(answer)).toBe(fault);
  });
});
