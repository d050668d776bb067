// Chromium with a fresh profile, and a record of everything its pages ask for and complain about.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens a browser; `record.requests` and `record.complaints` fill while it runs. */
export async function openBrowser(executablePath, options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "portcullis-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: FLAGS,
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  const record = { requests: [], complaints: [] };
  context.on("request", (request) => record.requests.push(request.url()));
  context.on("console", (message) => {
    if (message.type() === "error") record.complaints.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => record.complaints.push(String(error.error())));
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, record, close };
}
