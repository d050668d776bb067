// Runs tests, each in a browser of its own, against a server that all of them share.
//
// Nothing may be loaded from elsewhere, and nothing may be complained about.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.js";
import { startServer } from "./server.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const pictures = join(root, "target", "browser");
const executable = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Leaves a screenshot of the page, as long as it is, in target/browser/. */
export function picture(page, name) {
  return page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** A page whose paths begin at the server; `finish` judges and closes it. */
export async function openPage(server, options) {
  const browser = await openBrowser(executable, options);
  const page = await browser.context.newPage();
  const open = page.goto.bind(page);
  page.goto = (path) => open(new URL(path, server.url).href);
  const get = page.request.get.bind(page.request);
  page.request.get = (path) => get(new URL(path, server.url).href);
  const judge = () => {
    const strange = browser.record.requests.filter(
      (url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"),
    );
    assert.deepEqual(strange, [], "requests left the server");
    assert.deepEqual(browser.record.complaints, [], "the console complained");
  };
  return { page, judge, close: browser.close, record: browser.record };
}

/** Runs the tests of a file as `node FILE [BINARY]`, with some settings of the server. */
export async function runSuite(tests, settings = {}) {
  await mkdir(pictures, { recursive: true });
  const binary = resolve(process.argv[2] ?? join(root, "target", "release", "portcullis"));
  const server = await startServer(binary, settings);
  let failed = 0;
  try {
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test(server);
        console.log(`ok      ${name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
      }
    }
  } finally {
    await server.stop();
  }
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
