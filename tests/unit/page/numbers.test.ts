import { describe, expect, test } from "vitest";
import {
  aboutSeconds,
  count,
  credit,
  creditWords,
  dataSize,
  doseOfMine,
  duration,
  inWords,
  percent,
  raised,
  throughput,
  units,
} from "../../../client/page/numbers.ts";

describe("numbers on the page", () => {
  test.each([
    [0, "0"],
    [999_999, "999,999"],
    [1_234_567, "1.23 million"],
    [5_000_000_000, "5 billion"],
  ])("%d is counted as %s", (value, text) => expect(count(value)).toBe(text));

  test.each([
    [0, "0 s"],
    [59.9, "59 s"],
    [372, "6 min 12 s"],
    [3 * 3600 + 5 * 60 + 59, "3 h 05 min"],
  ])("%d seconds last %s", (value, text) => expect(duration(value)).toBe(text));

  test.each([
    [0, "0.00"],
    [0.0427, "0.0427"],
    [0.1, "0.10"],
    [1234.5, "1,234.50"],
  ])("%d credit reads %s", (value, text) => expect(credit(value)).toBe(text));

  test("credit too small for its decimals is told as that, never as none", () => {
    expect([0, 0.00004, 0.000_1].map(credit)).toEqual(["0.00", "< 0.0001", "0.0001"]);
  });

  test("credit that waits is told, however small", () => {
    expect([0, 0.00004, 0.0001, 0.4].map((waiting) => creditWords(waiting, 1))).toEqual([
      "credit",
      "credit, < 0.0001 waiting",
      "credit, 0.0001 waiting",
      "credit, 0.40 waiting",
    ]);
  });

  test("credit of which every unit is verified waits to be signed", () => expect(creditWords(0.012, 0)).toBe("credit, 0.0120 unsigned"));

  test("throughput has three digits, and TFLOPS from 1,000", () => {
    expect(throughput(412.34)).toEqual({ value: "412", unit: "GFLOPS" });
    expect(throughput(8.456)).toEqual({ value: "8.46", unit: "GFLOPS" });
    expect(throughput(5)).toEqual({ value: "5.00", unit: "GFLOPS" });
    expect(throughput(999.7)).toEqual({ value: "1.00", unit: "TFLOPS" });
    expect(throughput(1_500)).toEqual({ value: "1.50", unit: "TFLOPS" });
  });

  test("small numbers are words, others digits", () => {
    expect(inWords(2)).toBe("two");
    expect(inWords(11)).toBe("11");
    expect(inWords(2.5)).toBe("2.5");
    expect(units(1)).toBe("1 unit");
    expect(units(14)).toBe("14 units");
  });

  test("a measured time is said as people say it", () => {
    expect(aboutSeconds(1.9)).toBe("two seconds");
    expect(aboutSeconds(0.5)).toBe("half a second");
    expect(aboutSeconds(0.01)).toBe("a fraction of a second");
    expect(aboutSeconds(180)).toBe("three minutes");
  });

  test("doses, bytes, shares and powers", () => {
    expect(doseOfMine(0.5, "GPU")).toBe("half my GPU");
    expect(doseOfMine(0.25, "GPU or CPU")).toBe("a quarter of my GPU or CPU");
    expect([12, 12_345, 994_999, 995_000, 1_200_000].map(dataSize)).toEqual(["12 bytes", "12 KB", "990 KB", "1 MB", "1.2 MB"]);
    expect(percent(0.484)).toBe("48 %");
    expect(raised("Primes below 10^12")).toBe("Primes below 10¹²");
  });
});
