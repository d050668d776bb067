// The built server, on a free port and a data folder of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port that nobody has. Links in mails name it, so the server cannot choose one itself. */
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Starts `binary` with some settings; resolves once it says where it listens. `mails` is the folder that its mails come to. */
export async function startServer(binary, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-pages-"));
  const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const data = join(folder, "data");
  const server = spawn(binary, ["serve", "--listen", `127.0.0.1:${await freePort()}`, "--data-dir", data, ...set], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  server.stderr.on("data", (text) => (log += text));
  const ended = new Promise((resolve) => server.once("close", resolve));
  const url = await new Promise((resolve, reject) => {
    let greeting = "";
    server.once("error", reject);
    server.stdout.on("data", (text) => {
      greeting += text;
      const address = greeting.match(/address\s+(\S+)\n/);
      if (address) resolve(address[1]);
    });
    ended.then((code) => reject(new Error(`the server ended with ${code} before it listened:\n${log}`)));
  });
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  };
  return { url, mails: join(data, "mail"), stop };
}
