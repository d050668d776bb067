// The folder that a server without SMTP writes its mails to.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Waits for the newest mail to an address with this subject; its plain body. */
export async function mailTo(folder, address, subject) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const files = await readdir(folder).catch(() => []);
    for (const file of files.filter((name) => name.endsWith(".eml")).sort().reverse()) {
      const text = await readFile(join(folder, file), "utf8");
      if (text.includes(`To: ${address}`) && text.includes(`Subject: ${subject}`)) return plainBody(text);
    }
    await setTimeout(100);
  }
  throw new Error(`no mail "${subject}" to ${address}`);
}

function plainBody(message) {
  const part = message.slice(message.indexOf("Content-Type: text/plain"));
  const head = part.slice(0, part.indexOf("\r\n\r\n"));
  const body = part.slice(head.length + 4).split("\r\n--")[0];
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
  if (!/quoted-printable/i.test(head)) return body;
  const joined = body.replace(/=\r\n/g, "");
  return joined.replace(/=([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** The link in a mail. */
export function linkIn(body) {
  return body.match(/https?:\/\/\S+\?token=\S+/)[0];
}
