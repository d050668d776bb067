// The built server, on a free port and a data folder of its own.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts `binary`; resolves once it says where it listens. */
export async function startServer(binary) {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-pages-"));
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data-dir", join(folder, "data")], {
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
  return { url, stop };
}
