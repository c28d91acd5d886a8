// Bodies of answers, read in bounds: whole, or line by line. A server can never make us hold more than the bound.
import { StringDecoder } from "node:string_decoder";

/** The body as text. Throws RangeError above `maxBytes`. */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new RangeError(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The first `maxBytes` of the body as text; the rest is not read. */
export async function readStart(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8");
}

/** The lines of the body. Throws RangeError for a longer line than `maxLength`, and SyntaxError when the body ends within a line. */
export async function* readLines(body: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      parts.push(text.slice(from, end));
      from = end + 1;
      const line = parts.join("");
      parts = [];
      length = 0;
      if (line.trim() !== "") yield line;
    }
    if (from < text.length) {
      parts.push(text.slice(from));
      length += text.length - from;
      if (length > maxLength) throw new RangeError(`a line is longer than ${maxLength} characters`);
    }
  }
  if (parts.join("").trim() !== "") throw new SyntaxError("the stream ended in the middle of a line");
}
