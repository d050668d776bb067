// Walks through the pages of account holders as a person would: node account.js [BINARY]
//
// Register, answer the mail, forget the password, answer the mail, sign in, end the session of another device. With and
// without scripts, on a desk and on a telephone, by day and by night. Screenshots are left in target/browser/.

import assert from "node:assert/strict";
import { linkIn, mailTo } from "./mails.js";
import { openPage, picture, runSuite } from "./suite.js";

const FIRST = "correct horse battery";
const SECOND = "another battery staple";
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const WAYS = {
  "on a desk": {},
  "on a telephone without scripts": { ...PHONE, javaScriptEnabled: false },
  "on a telephone at night": { ...PHONE, colorScheme: "dark" },
};

/** Chromium says of every refused form that it was refused. */
const REFUSAL = /the server responded with a status of 4\d\d/;

async function walk(server, way, options) {
  const word = way.replaceAll(" ", "-");
  const address = `${word}@example.com`;
  const scripted = options.javaScriptEnabled !== false;
  const here = await openPage(server, options);
  const there = await openPage(server, options);
  const { page } = here;
  const shoot = async (name) => {
    if (scripted) {
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide`);
    }
    await picture(page, `account-${word}-${name}`);
  };
  const at = (path) => page.waitForURL(`**${path}`);
  try {
    await page.goto("/account/register");
    await shoot("1-register");
    await page.getByLabel("E-mail address").fill(address);
    await page.getByLabel("What we shall call you").fill("Ada Lovelace");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Make an account" }).click();
    await page.getByRole("alert").getByRole("link", { name: "Password needs at least 8 characters." }).waitFor();
    assert.equal(await page.getByLabel("E-mail address").inputValue(), address);
    await shoot("2-register-refused");
    await page.getByLabel("Password").fill(FIRST);
    await page.getByRole("button", { name: "Make an account" }).click();
    await at("/account/verify?done=registered-look");
    await shoot("3-registered");

    const proof = linkIn(await mailTo(server.mails, address, "Confirm your address"));
    await page.goto(proof);
    await page.goto(proof);
    await shoot("4-verify");
    await page.getByLabel("Password").fill(FIRST);
    await page.getByRole("button", { name: "Confirm the address" }).click();
    await at("/account/sign-in?done=verified");
    await shoot("5-verified");

    await page.getByRole("link", { name: "Forgotten your password?" }).click();
    await shoot("6-forgot");
    await page.getByLabel("E-mail address").fill(address);
    await page.getByRole("button", { name: "Send a mail" }).click();
    await at("/account/reset?done=mail-sent");
    await shoot("7-asked");
    await page.goto(linkIn(await mailTo(server.mails, address, "Choose a new password")));
    await shoot("8-reset");
    await page.getByLabel("New password").fill(SECOND);
    await page.getByRole("button", { name: "Set the new password" }).click();
    await at("/account/sign-in?done=password-set");

    for (const [one, password] of [[page, FIRST], [page, SECOND], [there.page, SECOND]]) {
      if (one === there.page) await one.goto("/account");
      await one.getByLabel("E-mail address or user name").fill(address);
      await one.getByLabel("Password").fill(password);
      await one.getByRole("button", { name: "Sign in" }).click();
      if (password === FIRST) {
        await page.getByText("The login or the password is wrong.").waitFor();
        await shoot("9-refused");
      } else {
        await one.getByRole("heading", { name: "Your account" }).waitFor();
      }
    }
    await shoot("10-account");

    await page.getByRole("navigation").getByRole("link", { name: "Sessions" }).click();
    assert.equal(await page.getByRole("listitem").count(), 2);
    await shoot("11-sessions");
    await page.getByRole("button", { name: /^End the session/ }).click();
    await at("/account/sessions?done=session-ended");
    await shoot("12-ended");
    await there.page.goto("/account");
    await there.page.getByRole("heading", { name: "Sign in" }).waitFor();

    for (const [name, path] of [["13-address", "/account/address"], ["14-password", "/account/password"], ["15-delete", "/account/delete"]]) {
      await page.goto(path);
      await shoot(name);
    }
    await page.getByLabel("Password").fill(SECOND);
    await page.getByRole("button", { name: "Delete the account for good" }).click();
    await at("/account/sign-in?done=deleted");
    for (const { record, judge } of [here, there]) {
      record.complaints = record.complaints.filter((complaint) => !REFUSAL.test(complaint));
      judge();
    }
  } finally {
    await here.close();
    await there.close();
  }
}

async function byKeyboard(server) {
  const { page, judge, close } = await openPage(server);
  try {
    await page.goto("/account/sign-in");
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
    const order = [];
    for (let step = 0; step < 5; step += 1) {
      order.push(await focused());
      await page.keyboard.press("Tab");
    }
    assert.deepEqual(order, ["login", "password", "Sign in", "Forgotten your password?", "Make an account"]);
    judge();
  } finally {
    await close();
  }
}

const tests = Object.fromEntries(
  Object.entries(WAYS).map(([way, options]) => [`from registering to ending a session ${way}`, (server) => walk(server, way, options)]),
);
tests["the keyboard goes from the first field to the last link"] = byKeyboard;

await runSuite(tests, { "accounts.email_verification": "required", "limits.enabled": "false" });
