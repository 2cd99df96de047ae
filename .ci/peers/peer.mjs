// What the tries against the peers share: programs to start, and the list of what
// went wrong.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, inspect } from "node:util";

// polltop is the binary under test.
export const polltop = process.argv[2];

// key is the key of the simulator.
export const key = "demo";

const wrong = [];
let checked = 0;

// equal notes what is not as it should be.
export function equal(what, got, want) {
  checked++;
  if (!isDeepStrictEqual(got, want)) {
    wrong.push(`${what}: got ${inspect(got, { depth: 5 })}, want ${inspect(want)}`);
  }
}

// finish reports, and ends the process with the right exit status.
export function finish(name) {
  for (const line of wrong) console.error(`WRONG ${line}`);
  console.log(`${name}: ${checked - wrong.length} of ${checked} right`);
  process.exit(wrong.length > 0 || checked === 0 ? 1 : 0);
}

// environment is without the user's own settings and keys.
function environment(more) {
  const home = mkdtempSync(join(tmpdir(), "polltop-peers-"));
  return {
    PATH: process.env.PATH, HOME: home, NO_PROXY: "*",
    XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, ...more,
  };
}

// simulate starts the simulator and returns its base URL.
export async function simulate(service) {
  const child = spawn(polltop, ["simulate", "--addr", "127.0.0.1:0", "--service", service, "--tasks", "1"], {
    env: environment({}), stdio: ["ignore", "pipe", "inherit"],
  });
  process.on("exit", () => child.kill());
  process.on("SIGTERM", () => process.exit(1)); // the time is up
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    const found = /^export BASE_URL=(\S+)$/m.exec(text);
    if (found) return found[1];
  }
  throw new Error(`polltop simulate said no base URL: ${text}`);
}

// wait has polltop wait for requests and returns its exit status and the last event
// of each, by request id.
export async function wait(base, urls, more = []) {
  const child = spawn(
    polltop,
    ["wait", "--json", "--timeout", "20s", "--interval", "250ms", "--base-url", base, "--service", "fal", ...more, "-"],
    { env: environment({ FAL_KEY: key }), stdio: ["pipe", "pipe", "inherit"] },
  );
  child.stdin.end(urls.join("\n") + "\n");
  let text = "";
  const ended = new Promise((resolve) => child.on("close", resolve));
  for await (const chunk of child.stdout) text += chunk;
  const code = await ended;
  const last = new Map();
  for (const line of text.split("\n").filter(Boolean)) {
    const event = JSON.parse(line);
    if (event.request_id) last.set(event.request_id, event);
  }
  return { code, last };
}
