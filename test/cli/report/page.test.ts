// Reports in a real browser, where there is one: drawn, readable at 360 px and 1280 px, light and dark, by keyboard; and their parts as text.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demandChart } from "../../../src/cli/report/chart.ts";
import { page } from "../../../src/cli/report/page.ts";
import { table } from "../../../src/cli/report/table.ts";
import { amount, escaped, percent, timesIn } from "../../../src/cli/report/wording.ts";
import { temporaryFolder } from "../../control-plane/child-process.ts";
import { hasChromium, openBrowser, pixelsOf } from "./browser.ts";
import type { Opened } from "./browser.ts";

const MINUTES = 600;

const wave = (scale: number) => Float64Array.from({ length: MINUTES }, (_, i) => scale * (1200 + 800 * Math.sin(i / 60)));
const html = page({
  title: "a <report>",
  verdict: "It went <well> & cheaply.",
  origin: "shop/checkout",
  numbers: [{ value: "1", meaning: "one" }, { value: "2", meaning: "two" }, { value: "3", meaning: "three" }],
  sections: [
    {
      heading: "Chart",
      html: demandChart({
        sentence: "Capacity follows the forecast.",
        timeZone: "Asia/Tokyo",
        unit: "requests/s",
        lead: "20 minutes",
        startMs: 1_772_496_000_000,
        stepMs: 60_000,
        demand: wave(1).map((value, i) => (i > 100 && i < 130 ? NaN : value)),
        forecast: wave(0.98),
        upper: wave(1.05),
        asked: wave(1.2),
        ready: wave(1.1).map((value, i) => (i > 300 && i < 310 ? 100 : value)),
        nowMs: 1_772_496_000_000 + 500 * 60_000,
      }),
    },
    { heading: "Rows", html: table("Rows", [{ head: "Name" }, { head: "Size (m)" }], Array.from({ length: 12 }, (_, i) => [{ text: `row ${i}` }, { text: String((i * 7) % 12), value: (i * 7) % 12 }])) },
  ],
});

describe("text", () => {
  test("amounts, shares and times read as people write them", () => {
    expect([amount(12_345), amount(999.6), amount(NaN), percent(0.0123), percent(NaN)]).toEqual(["12.3k", "1000", "–", "1.2 %", "–"]);
    const tokyo = timesIn("Asia/Tokyo");
    expect([tokyo.dayTime(1_772_496_000_000), tokyo.date(1_772_496_000_000)]).toEqual(["Tue 09:00", "3 March 2026"]);
  });
  test("what users wrote cannot become markup, nor end the data", () => {
    expect(escaped('<b a="c">&')).toBe("&lt;b a=&quot;c&quot;&gt;&amp;");
    expect(html).toContain("It went &lt;well&gt; &amp; cheaply.");
    const chart = demandChart({ sentence: "x", timeZone: "</script><b>", unit: "u", lead: "l", startMs: 0, stepMs: 1, demand: [], forecast: [], upper: [], asked: [], ready: [] });
    expect(chart.match(/<\/script>/g)).toHaveLength(1);
  });
  test("short tables are not sortable, long ones are", () => {
    expect(table("t", [{ head: "a" }], [[{ text: "1" }]])).not.toContain("<button");
    expect(html).toContain('<button type="button">Size (m)</button>');
  });
});

describe.skipIf(!hasChromium)("in a browser", () => {
  let opened: Opened;
  const address = join(temporaryFolder("report-test-"), "report.html");
  const open: Opened["open"] = (...how) => opened.open(...how);
  beforeAll(async () => {
    writeFileSync(address, html);
    opened = await openBrowser(address);
  }, 60_000);
  afterAll(async () => {
    await opened?.browser.close();
  });

  test.each([360, 1280])("nothing is wider than a screen of %i px", async (width) => {
    const tab = await open(width);
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await tab.close();
  });
  test("demand, forecast, capacity and overload are drawn in their colours, in light and dark", async () => {
    for (const [scheme, colours] of [
      ["light", ["#0072B2", "#E69F00", "#009E73", "#D55E00"]],
      ["dark", ["#56B4E9", "#FFC04D", "#33C89B", "#FF8A3D"]],
    ] as const) {
      const tab = await open(1280, scheme);
      for (const colour of colours) await expect.poll(async () => Number(await tab.evaluate(pixelsOf(colour))), { message: `${scheme} ${colour}` }).toBeGreaterThan(20);
      await tab.close();
    }
  });
  test("arrow keys read the chart out in the scaler's zone", async () => {
    const tab = await open(1280);
    await tab.focus(".plot");
    await tab.keyboard.press("PageDown");
    const text = await tab.textContent("output[data-time]");
    expect(text).toContain("10:00");
    expect(await tab.textContent('output[data-column="0"]')).toBe("1.9k");
    await tab.close();
  });
  test("the chart's table holds every minute, gaps as gaps, overload in words", async () => {
    const tab = await open(1280);
    await tab.click("details.every summary");
    await expect.poll(() => tab.locator("details.every tbody tr").count()).toBe(MINUTES);
    expect(await tab.locator("details.every tbody tr").nth(110).locator("td").allTextContents()).toMatchObject({ 0: "–", 5: "no" });
    expect(await tab.locator("details.every tbody tr").nth(305).locator("td").last().textContent()).toBe("yes");
    await tab.close();
  });
  test("a long table sorts by a click, up and then down", async () => {
    const tab = await open(1280);
    const column = () => tab.locator("table[data-sortable] tbody td").allTextContents();
    await tab.click("table[data-sortable] th:nth-child(2) button");
    expect((await column()).map(Number)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    await tab.click("table[data-sortable] th:nth-child(2) button");
    expect((await column())[0]).toBe("11");
    expect(await tab.getAttribute("table[data-sortable] th:nth-child(2)", "aria-sort")).toBe("descending");
    await tab.close();
  });
  test("nothing was complained of, and nothing asked of any network", async () => {
    const tab = await open(1280);
    await tab.close();
    expect(opened.complaints).toEqual([]);
  });
});
