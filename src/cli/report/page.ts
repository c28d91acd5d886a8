// A report as one self-contained HTML page: verdict, three numbers, then the sections. Works offline; asks nothing of any network.
import { CLIENT } from "./client.ts";
import { STYLE } from "./style.ts";
import { uplotScript, uplotStyle } from "./uplot.ts";
import { escaped } from "./wording.ts";

export interface Page {
  readonly title: string;
  /** The answer in one sentence. */
  readonly verdict: string;
  /** What was looked at: one sentence. */
  readonly origin: string;
  /** Three numbers, each with what it is. */
  readonly numbers: readonly { readonly value: string; readonly meaning: string }[];
  /** HTML, in the order of reading; folded ones come last. */
  readonly sections: readonly Section[];
}

export interface Section {
  readonly heading: string;
  readonly html: string;
  readonly isFolded?: boolean;
}

export function page({ title, verdict, origin, numbers, sections }: Page): string {
  const list = numbers.map(({ value, meaning }) => `<li><strong>${escaped(value)}</strong>${escaped(meaning)}</li>`);
  const parts = sections.map(({ heading, html, isFolded }) =>
    isFolded === true ? `<details><summary>${escaped(heading)}</summary>\n${html}\n</details>` : `<section>\n<h2>${escaped(heading)}</h2>\n${html}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${uplotStyle()}</style>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(verdict)}</h1>
<p class="origin">${escaped(origin)}</p>
<ul class="numbers">${list.join("")}</ul>
${parts.join("\n")}
</main>
<script>${uplotScript()}</script>
<script>${CLIENT}</script>
</body>
</html>
`;
}
