// Opens the server's greeting and documentation as a person would: node pages.js [BINARY]
//
// What a page is for must be on it. Screenshots are left in target/browser/.

import assert from "node:assert/strict";
import { openPage, picture, runSuite } from "./suite.js";

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

async function inItsBrowser(test, server) {
  const { page, judge, close } = await openPage(server);
  try {
    await test(page);
    judge();
  } finally {
    await close();
  }
}

await runSuite(
  Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, (server) => inItsBrowser(test, server)])),
);
