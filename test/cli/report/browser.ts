// A headless Chromium for pages on disk: /usr/bin/chromium, or the one that $CHROMIUM names. Collects what a page complains of.
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

const PATH = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const hasChromium = existsSync(PATH);
if (!hasChromium) console.warn(`Tests in a browser are skipped: there is no Chromium at ${PATH}. Install it, or set CHROMIUM.`);

export interface Opened {
  readonly browser: Browser;
  /** Errors of scripts and of the console, and every request beyond the file itself. */
  readonly complaints: string[];
  /** The page at a width, drawn. */
  open(width: number, colorScheme?: "light" | "dark"): Promise<Page>;
}

export async function openBrowser(file: string): Promise<Opened> {
  const browser = await chromium.launch({ executablePath: PATH, args: ARGUMENTS });
  const complaints: string[] = [];
  return {
    browser,
    complaints,
    async open(width, colorScheme = "light") {
      const tab = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      tab.on("pageerror", (error) => complaints.push(error.message));
      tab.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      tab.on("request", (request) => {
        if (!request.url().startsWith("file:")) complaints.push(request.url());
      });
      await tab.goto(pathToFileURL(file).href);
      await tab.waitForSelector(".plot canvas");
      return tab;
    },
  };
}

/** An expression that counts the chart's pixels of one colour such as `#0072B2`. */
export function pixelsOf(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `(() => {
    const canvas = document.querySelector(".plot canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - ${red}) + Math.abs(data[i + 1] - ${green}) + Math.abs(data[i + 2] - ${blue}) < 12 && data[i + 3] > 100) count++;
    return count;
  })()`;
}
