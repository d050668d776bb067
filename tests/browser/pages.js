// Opens the server's pages as a person would: node pages.js [BINARY]
//
// Nothing may be loaded from elsewhere, nothing may be complained about, and what a page is for must be on it.
// Screenshots are left in target/browser/.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.js";
import { startServer } from "./server.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const binary = process.argv[2] ?? join(root, "target", "release", "portcullis");
const pictures = join(root, "target", "browser");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

const tests = {
  async "the greeting links to the documentation"(page) {
    await page.goto("/");
    assert.equal(await page.title(), "Portcullis");
    await picture(page, "home");
    await page.getByRole("link", { name: "API documentation" }).click();
    await page.waitForURL("**/docs/");
  },

  async "the documentation lists the operations and opens one"(page) {
    await page.goto("/docs/");
    const operations = page.locator(".opblock");
    await operations.first().waitFor();
    const document = await (await page.request.get("/api/v1/openapi.json")).json();
    const described = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
    assert.ok(described > 10, `only ${described} operations are described`);
    assert.equal(await operations.count(), described);
    await picture(page, "docs");
    const login = operations.filter({ hasText: "/api/v1/auth/login" });
    await login.locator(".opblock-summary").click();
    await login.getByText("auth.invalid_credentials").waitFor();
    await login.scrollIntoViewIfNeeded();
    await picture(page, "docs-operation");
  },

  async "an operation can be tried from the page"(page) {
    await page.goto("/docs/");
    const register = page.locator(".opblock").filter({ hasText: "/api/v1/auth/register" });
    await register.locator(".opblock-summary").click();
    const body = JSON.stringify({ username: "ada", password: "correct horse battery" });
    await register.locator("textarea.body-param__text").fill(body);
    await register.getByRole("button", { name: "Execute" }).click();
    const answer = register.locator(".live-responses-table .response-col_status").first();
    await answer.waitFor();
    assert.match(await register.locator(".live-responses-table").innerText(), /\b201\b/);
  },

  async "the error codes have an entry for what a problem names"(page) {
    const problem = await (await page.request.get("/api/v1/account")).json();
    await page.goto(problem.type);
    const entry = page.locator(`tr[id="${problem.code}"]`);
    assert.match(await entry.innerText(), /401/);
    assert.ok(await entry.isVisible());
    await picture(page, "errors");
  },

  async "the pages hold in the dark and on a telephone"(page) {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 780 });
    for (const [path, name] of [["/", "home"], ["/docs/errors", "errors"]]) {
      await page.goto(path);
      await picture(page, `${name}-small-dark`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${path} is ${overflow} pixels too wide`);
    }
  },
};

function picture(page, name) {
  return page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function run(test, server) {
  const browser = await openBrowser(chromium);
  try {
    const page = await browser.context.newPage();
    const open = page.goto.bind(page);
    page.goto = (path) => open(new URL(path, server.url).href);
    const get = page.request.get.bind(page.request);
    page.request.get = (path) => get(new URL(path, server.url).href);
    await test(page);
    const origin = `${server.url}/`;
    const strange = browser.record.requests.filter((url) => !url.startsWith(origin) && !url.startsWith("data:"));
    assert.deepEqual(strange, [], "requests left the server");
    assert.deepEqual(browser.record.complaints, [], "the console complained");
  } finally {
    await browser.close();
  }
}

await mkdir(pictures, { recursive: true });
const server = await startServer(binary);
let failed = 0;
try {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await run(test, server);
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
